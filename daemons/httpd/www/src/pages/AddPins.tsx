// PINs for many people at once: each made by the box, shown once, to be printed.
import { useState } from 'preact/hooks';
import { applyRows, asError, type Op } from '../api';
import { RefField } from '../form/RefField';
import { fieldOf, forms } from '../forms';
import { t, tn } from '../text';
import { Alert } from '../ui/bits';
import { Dialog } from '../ui/Dialog';
import type { Made } from '../ui/ShownOnce';

const MOST = 200;

interface Props { taken: ReadonlySet<string>; onMade: (made: Made[]) => void; onClose: () => void }

/** A name that a row can have: from the holder's, else from the set's and a number. */
function nameFor(holder: string, set: string, i: number, taken: Set<string>): string {
	const plain = holder.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 24);
	const stem = plain || `${set.slice(0, 24)}-${i + 1}`;
	let name = stem;

	for (let n = 2; taken.has(name); n++)
		name = `${stem}-${n}`;
	taken.add(name);
	return name;
}

export function AddPins({ taken, onMade, onClose }: Props) {
	const [set, setSet] = useState(''), [people, setPeople] = useState(''), [until, setUntil] = useState('');
	const [error, setError] = useState(''), [busy, setBusy] = useState(false);
	const holders = people.split('\n').map(p => p.trim()).filter(Boolean), field = fieldOf(forms.value['pin']!, 'pin_set')!;
	const ready = !!set && holders.length > 0 && holders.length <= MOST && !busy;

	async function save(): Promise<void> {
		const names = new Set(taken), until_ms = until ? new Date(until).getTime() : 0;
		const ops = holders.map((holder, i): Op => ({ op: 'create', key: nameFor(holder, set, i, names), row: { pin_set: set, holder, until_ms } }));

		if (!ready)
			return;
		setBusy(true);
		try {
			const s = await applyRows('routed', 'pin', ops);

			onMade(ops.map((o, i) => ({ who: o.key, name: holders[i], secret: s.made[o.key]?.['pin'] ?? '' })));
			onClose();
		} catch (e) {
			setError(asError(e).message);
			setBusy(false);
		}
	}

	return <Dialog kind="drawer" title={t('pins.many')} onClose={onClose} onSubmit={() => { void save(); }} footer={close => <>
		<span class="muted sm grow" role="status">{holders.length ? tn('pins.count', holders.length) : ''}</span>
		<button type="button" onClick={close}>{t('cancel')}</button>
		<button class="primary" disabled={!ready}>{t(busy ? 'saving' : 'many.do')}</button>
	</>}>
		{error && <Alert>{error}</Alert>}
		<div class="field">
			<label for="pins-set">{field.label}</label>
			<RefField f={field} id="pins-set" value={set} onInput={setSet} onBlur={() => undefined} />
		</div>
		<div class="field">
			<label for="pins-people">{t('pins.people')}</label>
			<div class="help" id="pins-people-h">{t('pins.people.help', { n: MOST })}</div>
			<textarea id="pins-people" rows={8} aria-describedby="pins-people-h" value={people} onInput={e => setPeople(e.currentTarget.value)} />
		</div>
		<div class="field">
			<label for="pins-until">{t('pins.until')} <span class="muted sm">{t('optional')}</span></label>
			<input id="pins-until" type="datetime-local" value={until} onInput={e => setUntil(e.currentTarget.value)} />
		</div>
	</Dialog>;
}
