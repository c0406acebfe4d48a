// From 810 to 829, each with a password of its own; one for all only if said so.
import { useState } from 'preact/hooks';
import { applyRows, asError, type Op } from '../api';
import { PasswordField } from '../form/PasswordField';
import { strength } from '../password';
import { t, tn } from '../text';
import { Alert } from '../ui/bits';
import { Dialog } from '../ui/Dialog';
import type { Made } from '../ui/ShownOnce';

const MOST = 1000;

interface Props { taken: ReadonlySet<string>; onMade: (made: Made[]) => void; onClose: () => void }
type Fields = { from: string; to: string; name: string; permit: string; secret: string; same: boolean };

/** The numbers meant, as long as the first is; or what is wrong with them. */
function numbers(f: Fields, taken: ReadonlySet<string>): { list: string[]; error: string } {
	const from = Number(f.from), to = Number(f.to), list: string[] = [];

	if (!/^\d{2,8}$/.test(f.from) || !/^\d{2,8}$/.test(f.to) || f.from.length !== f.to.length)
		return { list, error: t('many.form') };
	if (to < from)
		return { list, error: t('many.order') };
	if (to - from >= MOST)
		return { list, error: t('many.most', { n: MOST }) };
	for (let n = from; n <= to; n++)
		list.push(String(n).padStart(f.from.length, '0'));
	const there = list.filter(n => taken.has(n));

	return { list, error: there.length ? tn('many.taken', there.length, { list: there.slice(0, 5).join(', ') }) : '' };
}

function opOf(n: string, f: Fields): Op {
	const row: NonNullable<Op['row']> = {
		name: f.name.replaceAll('{n}', n).trim(),
		permit_ip: f.permit.split(/[\s,;]+/).filter(Boolean).join(';'),
	};

	if (f.same)
		row['secret'] = f.secret;
	return { op: 'create', key: n, row };
}

interface TextProps { id: string; label: string; help?: string; value: string; set: (v: string) => void; mono?: boolean }

function Text({ id, label, help, value, set, mono }: TextProps) {
	return <div class="field grow">
		<label for={id}>{label}</label>
		{help && <div class="help" id={`${id}-h`}>{help}</div>}
		<input id={id} autocomplete="off" class={mono ? 'mono' : ''} value={value} aria-describedby={help && `${id}-h`}
			onInput={e => set(e.currentTarget.value)} />
	</div>;
}

function Passwords({ f, set, error }: { f: Fields; set: (c: Partial<Fields>) => void; error: string }) {
	return <fieldset>
		<legend>{t('many.passwords')}</legend>
		<label class="radio"><input type="radio" name="same" checked={!f.same} onChange={() => set({ same: false })} />{t('many.random')}</label>
		<label class="radio"><input type="radio" name="same" checked={f.same} onChange={() => set({ same: true })} />{t('many.same')}</label>
		{f.same && <>
			<p class="banner warn">{t('many.same.warn')}</p>
			<PasswordField id="many-secret" label={t('many.secret')} value={f.secret} fresh error={error} onInput={secret => set({ secret })} />
		</>}
	</fieldset>;
}

export function AddMany({ taken, onMade, onClose }: Props) {
	const [f, setF] = useState<Fields>({ from: '', to: '', name: '', permit: '', secret: '', same: false });
	const [error, setError] = useState(''), [busy, setBusy] = useState(false), [tried, setTried] = useState(false);
	const set = (c: Partial<Fields>) => { setTried(false); setF(o => ({ ...o, ...c })); };
	const { list, error: wrong } = numbers(f, taken);
	const weak = f.same && strength(f.secret).score < 3 ? t('password.weak') : '';

	async function save(): Promise<void> {
		setTried(true);
		setError('');
		if (wrong || weak || busy)
			return;
		setBusy(true);
		try {
			const s = await applyRows('sipd', 'extension', list.map(n => opOf(n, f)));

			onMade(list.filter(n => s.made[n]?.['secret'])
				.map(n => ({ who: n, name: String(opOf(n, f).row?.['name']), secret: s.made[n]!['secret']! })));
		} catch (e) {
			const err = asError(e);

			setError(err.row === undefined ? err.message : t('many.row', { number: list[err.row] ?? '', why: err.message }));
			setBusy(false);
		}
	}

	return <Dialog kind="drawer" title={t('ext.many')} onClose={onClose} onSubmit={() => { void save(); }} footer={close => <>
		<span class="muted sm grow" role="status">
			{wrong ? '' : tn('many.count', list.length, { from: list[0] ?? '', to: list.at(-1) ?? '' })}
		</span>
		<button type="button" onClick={close}>{t('cancel')}</button>
		<button class="primary" disabled={busy}>{t(busy ? 'saving' : 'many.do')}</button>
	</>}>
		{error && <Alert>{error}</Alert>}
		{tried && wrong && <Alert>{wrong}</Alert>}
		<div class="inrow">
			<Text id="many-from" label={t('many.from')} value={f.from} set={from => set({ from })} mono />
			<Text id="many-to" label={t('many.to')} value={f.to} set={to => set({ to })} mono />
		</div>
		<Text id="many-name" label={t('many.name')} help={t('many.name.help')} value={f.name} set={name => set({ name })} />
		<Text id="many-permit" label={t('ext.permit')} help={t('many.permit.help')} value={f.permit} set={permit => set({ permit })} mono />
		<Passwords f={f} set={set} error={tried ? weak : ''} />
	</Dialog>;
}
