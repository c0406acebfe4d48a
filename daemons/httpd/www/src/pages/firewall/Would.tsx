// "Would this get in?": which rule decides about a packet, as the box has it now.
import { useState } from 'preact/hooks';
import { asError, get } from '../../api';
import { enumText, t } from '../../text';
import { Alert, Badge } from '../../ui/bits';
import { Dialog } from '../../ui/Dialog';

interface Answer { verdict: 'accept' | 'drop'; why: string; rule: string; note: string }

export function Would({ draft, onClose }: { draft: boolean; onClose: () => void }) {
	const [source, setSource] = useState(''), [protocol, setProtocol] = useState('tcp'), [port, setPort] = useState('');
	const [answer, setAnswer] = useState<Answer>(), [error, setError] = useState<{ field?: string; text: string }>();

	async function ask(): Promise<void> {
		const q = new URLSearchParams({ source: source.trim(), protocol, port: protocol === 'icmp' ? '0' : port.trim() || '0' });

		setError(undefined);
		setAnswer(undefined);
		try {
			setAnswer(await get<Answer>(`/methods/fwd/Would?${q}`));
		} catch (e) {
			setError({ field: asError(e).field, text: asError(e).message });
		}
	}

	return <Dialog title={t('would')} onClose={onClose} onSubmit={() => { if (source.trim()) void ask(); }} footer={close => <>
		<button type="button" onClick={close}>{t('close')}</button>
		<button class="primary" disabled={!source.trim()}>{t('who.ask')}</button>
	</>}>
		<p class="muted sm">{t(draft ? 'would.draft' : 'would.lead')}</p>
		<div class="field">
			<label for="would-source">{t('would.source')}</label>
			<input id="would-source" class="mono" autocomplete="off" spellcheck={false} value={source}
				aria-invalid={error?.field === 'source' || undefined} onInput={e => setSource(e.currentTarget.value)} />
		</div>
		<div class="inrow">
			<div class="field">
				<label for="would-protocol">{t('would.protocol')}</label>
				<select id="would-protocol" value={protocol} onChange={e => setProtocol(e.currentTarget.value)}>
					{['tcp', 'udp', 'icmp'].map(p => <option key={p} value={p}>{enumText(p)}</option>)}
				</select>
			</div>
			{protocol !== 'icmp' && <div class="field grow">
				<label for="would-port">{t('would.port')}</label>
				<input id="would-port" class="figure" inputMode="numeric" autocomplete="off" value={port} onInput={e => setPort(e.currentTarget.value)} />
			</div>}
		</div>
		{error && <Alert>{error.text}</Alert>}
		{answer && <div class="panel" role="status">
			<p><Badge tone={answer.verdict === 'accept' ? 'ok' : 'danger'}>{t(`would.${answer.verdict}`)}</Badge> {answer.rule && <b>{answer.rule}</b>} {answer.why}</p>
			{answer.note && <p class="sm muted">{answer.note}</p>}
		</div>}
	</Dialog>;
}
