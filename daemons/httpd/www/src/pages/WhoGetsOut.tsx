// "Who gets out?": what the box would do with a call, step by step, and why.
import { useState } from 'preact/hooks';
import { asError, get } from '../api';
import { RefField } from '../form/RefField';
import type { Field } from '../forms';
import { t, type MsgId } from '../text';
import { Alert, Badge } from '../ui/bits';
import { Dialog } from '../ui/Dialog';

interface Line { step: string; what: string; applies: boolean; why: string }

const WHO: Field = { name: 'who', type: 'ref', table: 'extension', label: '', required: true };

/** How a trace ended, in one word. */
function outcome(lines: readonly Line[]): { id: MsgId; tone: 'ok' | 'danger' | 'warn' } {
	const decided = lines.filter(l => l.applies).at(-1)?.step, last = lines.at(-1);

	if (lines.some(l => l.step === 'dial' && l.applies))
		return { id: 'who.out', tone: 'ok' };
	if (last?.step === 'PIN')
		return { id: 'who.pin', tone: 'warn' };
	return decided === 'extension' || decided === 'feature' ? { id: 'who.inside', tone: 'ok' } : { id: 'who.refused', tone: 'danger' };
}

/** Behind a rule that fits there are gates: one that is shut ends the call, or the rule. */
function markOf(lines: readonly Line[], i: number): '✓' | '✕' | '–' {
	const l = lines[i]!;

	if (l.applies)
		return '✓';
	return l.step !== 'dial rule' && lines.slice(0, i).some(x => x.step === 'dial rule' && x.applies) ? '✕' : '–';
}

const TONE = { '✓': 'ok', '✕': 'danger', '–': '' } as const;

function Trace({ lines }: { lines: readonly Line[] }) {
	const end = outcome(lines);

	return <section aria-labelledby="who-end" aria-live="polite">
		<h3 id="who-end"><Badge tone={end.tone}>{t(end.id)}</Badge></h3>
		<ol class="trace">{lines.map((l, i) => <li key={i} class={markOf(lines, i) === '–' ? 'muted' : ''}>
			<span class={`mark ${TONE[markOf(lines, i)]}`} aria-hidden="true">{markOf(lines, i)}</span>
			<span><b>{l.step}</b> {l.what && <span class="mono">{l.what}</span>} <span>{l.why}</span>
				<span class="vh">{t(l.applies ? 'who.applies' : 'who.not')}</span></span>
		</li>)}</ol>
	</section>;
}

export function WhoGetsOut({ onClose }: { onClose: () => void }) {
	const [who, setWho] = useState(''), [number, setNumber] = useState(''), [when, setWhen] = useState('');
	const [lines, setLines] = useState<Line[]>(), [error, setError] = useState(''), [busy, setBusy] = useState(false);

	async function ask(): Promise<void> {
		const q = new URLSearchParams({ extension: who, number: number.replace(/[\s()/.-]/g, ''), time: when || 'now' });

		setBusy(true);
		try {
			setLines((await get<{ rows: Line[] }>(`/methods/routed/Explain?${q}`)).rows);
			setError('');
		} catch (e) {
			setLines(undefined);
			setError(asError(e).message);
		}
		setBusy(false);
	}

	return <Dialog kind="drawer" title={t('who')} onClose={onClose} onSubmit={() => { if (who && number && !busy) void ask(); }} footer={close => <>
		<span class="grow" />
		<button type="button" onClick={close}>{t('close')}</button>
		<button class="primary" disabled={!who || !number || busy}>{t('who.ask')}</button>
	</>}>
		<p class="muted sm">{t('who.lead')}</p>
		<div class="field">
			<label for="who-who">{t('who.who')}</label>
			<RefField f={WHO} id="who-who" value={who} onInput={setWho} onBlur={() => undefined} />
		</div>
		<div class="field">
			<label for="who-number">{t('who.number')}</label>
			<input id="who-number" class="mono" inputMode="tel" autocomplete="off" value={number} onInput={e => setNumber(e.currentTarget.value)} />
		</div>
		<div class="field">
			<label for="who-when">{t('who.when')} <span class="muted sm">{t('optional')}</span></label>
			<div class="help" id="who-when-h">{t('who.when.help')}</div>
			<input id="who-when" type="datetime-local" aria-describedby="who-when-h" value={when} onInput={e => setWhen(e.currentTarget.value)} />
		</div>
		{error && <Alert>{error}</Alert>}
		{lines && <Trace lines={lines} />}
	</Dialog>;
}
