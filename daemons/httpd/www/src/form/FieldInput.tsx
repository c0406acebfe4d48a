// One field of a row, drawn by its description.
import type { ComponentChildren } from 'preact';
import { isMoney, type Field } from '../forms';
import { currencyName } from '../money';
import { duration, enumText, t } from '../text';
import { NamesField } from './NamesField';
import { PasswordField } from './PasswordField';
import { RefField } from './RefField';
import { isChoice, isMoment, isNames } from './values';

interface Props {
	f: Field;
	value: string | boolean;
	error?: string;
	disabled?: boolean;
	/** For a password: what it must not contain, and that an empty one is made. */
	words?: readonly string[];
	/** A password the box grades: with a meter, and one can be made. */
	graded?: boolean;
	/** There is one already, which stays when nothing is typed: what is known of it. */
	kept?: ComponentChildren;
	onInput: (v: string | boolean) => void;
	onBlur: () => void;
}

/* what a table's page offers beside a field: a <datalist> by this id */
const LISTS: Readonly<Record<string, string>> = { zone: 'zones', who: 'caps' };
const SERVICES = ['sip', 'iax2', 'https', 'ssh', 'ami'];

function Choices({ f, value, id, disabled, onInput }: Props & { id: string }) {
	const on = new Set(String(value).split(';').filter(Boolean));

	const flip = (s: string) => {
		const next = new Set(on.has('all') ? SERVICES : on);

		if (!next.delete(s))
			next.add(s);
		onInput(SERVICES.filter(x => next.has(x)).join(';'));
	};

	return <div class="choices" role="group" aria-labelledby={`${id}-l`} id={id} tabIndex={-1}>
		{SERVICES.map(s => <label key={s}>
			<input type="checkbox" name={f.name} disabled={disabled} checked={on.has(s) || on.has('all')} onChange={() => flip(s)} />
			{enumText(s)}
		</label>)}
	</div>;
}

function Check({ f, value, disabled, onInput }: Props) {
	const id = `f-${f.name}`;

	return <div class="field check">
		<input type="checkbox" id={id} name={f.name} checked={value === true} disabled={disabled}
			aria-describedby={f.help ? `${id}-h` : undefined} onChange={e => onInput(e.currentTarget.checked)} />
		<div>
			<label for={id}>{f.label}</label>
			{f.help && <div class="help" id={`${id}-h`}>{f.help}</div>}
		</div>
	</div>;
}

function Input(p: Props & { id: string; about?: string }) {
	const { f, id, about, disabled, error, onInput, onBlur } = p, value = String(p.value);
	const common = {
		id, name: f.name, value, disabled, onBlur, 'aria-describedby': about,
		'aria-invalid': error ? true : undefined, 'aria-required': f.required || undefined,
		onInput: (e: Event) => onInput((e.currentTarget as HTMLInputElement).value),
	} as const;

	if (f.type === 'enum')
		return <select {...common}>{f.values?.map(v => <option key={v} value={v}>{enumText(v, f.name)}</option>)}</select>;
	if (isChoice(f))
		return <Choices {...p} id={id} />;
	if (f.type === 'ref')
		return <RefField {...p} value={value} />;
	if (isNames(f))
		return <NamesField {...p} value={value} />;
	if (f.type === 'list')
		return <textarea {...common} class="mono" rows={Math.min(8, Math.max(3, value.split('\n').length))} spellcheck={false} />;
	if (isMoment(f))
		return <input {...common} type="datetime-local" />;
	if (f.type === 'u32' || f.type === 'u64')
		return <div class="inrow">
			<input {...common} inputMode={isMoney(f.name) ? 'decimal' : 'numeric'} class="figure" />
			{f.unit && <span class="unit">
				{t('unit.of', { unit: f.unit })}{f.unit === 's' && Number(value) >= 60 && ` = ${duration(Number(value))}`}
			</span>}
			{isMoney(f.name) && <span class="unit">{currencyName()}</span>}
		</div>;
	return <input {...common} type="text" list={LISTS[f.name]} autocomplete="off" spellcheck={false} class={f.format && f.format !== 'account' ? 'mono' : ''} />;
}

export function FieldInput(p: Props) {
	const { f, error } = p, id = `f-${f.name}`;
	const group = isChoice(f) || isNames(f);
	/* a moment is chosen, not typed: there is no 0 */
	const said = isMoment(f) ? f.help?.replace(/^0:/, t('field.empty')) : f.help;
	const help = [said, f.type === 'list' && !group ? t('field.lines') : ''].filter(Boolean).join(' ');
	const about = [help && `${id}-h`, error && `${id}-e`].filter(Boolean).join(' ') || undefined;

	if (f.type === 'bool')
		return <Check {...p} />;
	if (f.type === 'secret')
		return <PasswordField id={id} label={f.label} help={p.kept ?? help} error={error} value={String(p.value)} words={p.words}
			fresh={p.graded} optional onInput={p.onInput} />;
	return <div class="field">
		{group ? <span class="label" id={`${id}-l`}>{f.label}</span>
			: <label for={id}>{f.label}{!f.required && f.default === '' && <span class="muted sm"> {t('optional')}</span>}</label>}
		{help && <div class="help" id={`${id}-h`}>{help}</div>}
		<Input {...p} id={id} about={about} />
		{error && <div class="err" id={`${id}-e`}>{error}</div>}
	</div>;
}
