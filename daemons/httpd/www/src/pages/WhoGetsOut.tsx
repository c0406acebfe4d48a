// "Who gets out?": what the box would do with a call, step by step, and why.
import { useState } from 'preact/hooks';
import { asError, get } from '../api';
import { RefField } from '../form/RefField';
import type { Field } from '../forms';
import { money } from '../money';
import { t, type MsgId } from '../text';
import { Alert, Badge } from '../ui/bits';
import { Dialog } from '../ui/Dialog';
import { Trace, type Step } from '../ui/Trace';

interface Line {
	step: string;
	what: string;
	applies: boolean;
	why: string;
	/** The last line is the verdict; a step has "step". */
	outcome: 'step' | 'out' | 'pin' | 'emergency' | 'inside' | 'refused';
	decided_by: string;
	priced: boolean;
	minute_milli: number;
	connect_milli: number;
	first_s: number;
	next_s: number;
}

const WHO: Field = { name: 'who', type: 'ref', table: 'extension', label: '', required: true };

const TONES: Readonly<Record<Line['outcome'], 'ok' | 'danger' | 'warn'>> = {
	step: 'warn', out: 'ok', pin: 'warn', emergency: 'ok', inside: 'ok', refused: 'danger',
};

/** Behind a rule that fits there are gates: one that is shut ends the call, or the rule. */
function markOf(lines: readonly Line[], i: number): Step['mark'] {
	const l = lines[i]!;

	if (l.applies)
		return '✓';
	return l.step !== 'dial rule' && lines.slice(0, i).some(x => x.step === 'dial rule' && x.applies) ? '✕' : '–';
}

const Price = ({ l }: { l: Line }) => l.outcome === 'out' || l.outcome === 'pin' ? <p class="sm">
	{l.priced ? t('who.price', { minute: money(l.minute_milli), call: money(l.connect_milli), first: l.first_s, next: l.next_s }) : t('who.unpriced')}
</p> : null;

/** The last word: what becomes of the call, who says so, what it costs. */
function Verdict({ l }: { l: Line }) {
	return <>
		<h3 id="who-end"><Badge tone={TONES[l.outcome]}>{t(`who.${l.outcome}` as MsgId)}</Badge></h3>
		<p>{l.why} <span class="muted sm">{t('who.by', { step: l.decided_by, what: l.what })}</span></p>
		<Price l={l} />
	</>;
}

function Answer({ lines }: { lines: readonly Line[] }) {
	const end = lines.at(-1), steps = lines.filter(l => l.outcome === 'step');

	return <section aria-labelledby="who-end" aria-live="polite">
		{end && <Verdict l={end} />}
		<Trace steps={steps.map((l, i) => ({ mark: markOf(steps, i), what: l.step, name: l.what, why: l.why }))} />
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
		{lines && <Answer lines={lines} />}
	</Dialog>;
}
