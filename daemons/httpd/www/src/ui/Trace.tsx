// Steps that the box went through, each with its mark and its reason.
import { t } from '../text';

export interface Step { mark: '✓' | '✕' | '–'; what: string; name?: string; why: string }

const TONE = { '✓': 'ok', '✕': 'danger', '–': '' } as const;

export function Trace({ steps }: { steps: readonly Step[] }) {
	return <ol class="trace">{steps.map((s, i) => <li key={i} class={s.mark === '–' ? 'muted' : ''}>
		<span class={`mark ${TONE[s.mark]}`} aria-hidden="true">{s.mark}</span>
		<span><b>{s.what}</b> {s.name && <span class="mono">{s.name}</span>} <span>{s.why}</span>
			<span class="vh">{t(s.mark === '✓' ? 'who.applies' : 'who.not')}</span></span>
	</li>)}</ol>;
}
