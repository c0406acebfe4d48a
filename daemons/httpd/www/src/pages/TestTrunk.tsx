// "Test now": the box asks the provider at once, and says what came of it.
import { useEffect, useState } from 'preact/hooks';
import { api, asError } from '../api';
import { t, type MsgId } from '../text';
import { Alert, Badge } from '../ui/bits';
import { Dialog } from '../ui/Dialog';
import { Trace } from '../ui/Trace';

interface Tried { question: 'server' | 'options' | 'register'; ok: boolean; answer: string }

export function TestTrunk({ name, onClose }: { name: string; onClose: () => void }) {
	const [rows, setRows] = useState<Tried[]>(), [error, setError] = useState(''), [busy, setBusy] = useState(false);

	const ask = async () => {
		setBusy(true);
		setError('');
		try {
			setRows((await api<{ rows: Tried[] }>('POST', '/methods/sipd/TestTrunk', { trunk: name })).rows);
		} catch (e) {
			setRows(undefined);
			setError(asError(e).message);
		}
		setBusy(false);
	};
	const fine = rows?.every(r => r.ok);

	useEffect(() => { void ask(); }, []);
	return <Dialog title={t('test.title', { name })} onClose={onClose} onSubmit={() => { if (!busy) void ask(); }} footer={close => <>
		<span class="grow" />
		<button type="button" onClick={close}>{t('close')}</button>
		<button class="primary" disabled={busy}>{t('test.again')}</button>
	</>}>
		<p class="muted sm">{t('test.lead')}</p>
		{error && <Alert>{error}</Alert>}
		<div aria-live="polite">
			{busy && <p class="muted">{t('test.busy')}</p>}
			{rows && !busy && <>
				<Badge tone={fine ? 'ok' : 'danger'}>{t(fine ? 'test.fine' : 'test.bad')}</Badge>
				<Trace steps={rows.map(r => ({ mark: r.ok ? '✓' : '✕', what: t(`test.${r.question}` as MsgId), why: r.answer }))} />
			</>}
		</div>
	</Dialog>;
}
