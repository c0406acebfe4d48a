// "Where does this call go?": what the box would do with a call from outside,
// rule by rule, and why.
import { useState } from 'preact/hooks';
import { asError, get } from '../api';
import { RefField } from '../form/RefField';
import type { Field } from '../forms';
import { t } from '../text';
import { Alert, Badge } from '../ui/bits';
import { Dialog } from '../ui/Dialog';
import { Trace, type Step } from '../ui/Trace';

interface Line { step: string; what: string; applies: boolean; why: string; outcome: string; decided_by: string }

const TRUNK: Field = { name: 'trunk', type: 'ref', table: 'trunk', label: '' };

/** The last line is the verdict. */
function Answer({ lines }: { lines: readonly Line[] }) {
	const end = lines.at(-1), steps = lines.filter(l => l.outcome === 'step'), rings = end?.outcome === 'inside';

	return <section aria-labelledby="where-end" aria-live="polite">
		<h3 id="where-end"><Badge tone={rings ? 'ok' : 'danger'}>{t(rings ? 'where.rings' : 'where.refused')}</Badge></h3>
		{end && <p>{end.why} <span class="muted sm">{t('who.by', { step: end.decided_by, what: end.what })}</span></p>}
		<Trace steps={steps.map((l): Step => ({ mark: !l.applies ? '–' : rings ? '✓' : '✕', what: l.step, name: l.what, why: l.why }))} />
	</section>;
}

export function WhereTo({ onClose }: { onClose: () => void }) {
	const [trunk, setTrunk] = useState(''), [number, setNumber] = useState(''), [caller, setCaller] = useState(''), [when, setWhen] = useState('');
	const [lines, setLines] = useState<Line[]>(), [error, setError] = useState(''), [busy, setBusy] = useState(false);
	const plain = (s: string) => s.replace(/[\s()/.-]/g, '');

	async function ask(): Promise<void> {
		const q = new URLSearchParams({ trunk, number: plain(number), caller: plain(caller), time: when || 'now' });

		setBusy(true);
		try {
			setLines((await get<{ rows: Line[] }>(`/methods/routed/ExplainInbound?${q}`)).rows);
			setError('');
		} catch (e) {
			setLines(undefined);
			setError(asError(e).message);
		}
		setBusy(false);
	}

	return <Dialog kind="drawer" title={t('where')} onClose={onClose} onSubmit={() => { if (number && !busy) void ask(); }} footer={close => <>
		<span class="grow" />
		<button type="button" onClick={close}>{t('close')}</button>
		<button class="primary" disabled={!number || busy}>{t('who.ask')}</button>
	</>}>
		<p class="muted sm">{t('where.lead')}</p>
		<div class="field">
			<label for="where-number">{t('where.number')}</label>
			<input id="where-number" class="mono" inputMode="tel" autocomplete="off" value={number} onInput={e => setNumber(e.currentTarget.value)} />
		</div>
		<div class="field">
			<label for="where-caller">{t('where.caller')} <span class="muted sm">{t('optional')}</span></label>
			<input id="where-caller" class="mono" inputMode="tel" autocomplete="off" value={caller} onInput={e => setCaller(e.currentTarget.value)} />
		</div>
		<div class="field">
			<label for="where-trunk">{t('where.trunk')} <span class="muted sm">{t('optional')}</span></label>
			<RefField f={TRUNK} id="where-trunk" value={trunk} none={t('where.trunk.any')} onInput={setTrunk} onBlur={() => undefined} />
		</div>
		<div class="field">
			<label for="where-when">{t('who.when')} <span class="muted sm">{t('optional')}</span></label>
			<div class="help" id="where-when-h">{t('who.when.help')}</div>
			<input id="where-when" type="datetime-local" aria-describedby="where-when-h" value={when} onInput={e => setWhen(e.currentTarget.value)} />
		</div>
		{error && <Alert>{error}</Alert>}
		{lines && <Answer lines={lines} />}
	</Dialog>;
}
