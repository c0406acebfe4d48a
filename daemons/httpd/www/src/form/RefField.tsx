// The name of a row elsewhere: chosen from what is there.
import type { Row } from '../api';
import { useTable } from '../data';
import { forms, type Field } from '../forms';
import { t } from '../text';

/* so many are still a list to choose from */
const CHOICES = 300;

interface Option { key: string; text: string }

/** The rows a field may name; `known`: the session may read them. */
export function useOptions(f: Field): { options: Option[]; known: boolean } {
	const form = forms.value[f.table ?? ''], data = useTable<Row>(form?.owner ?? '', form?.name ?? '');
	const second = form?.fields.find(x => x.list && x.name === 'name' && x.name !== form.key);

	return {
		known: data.ready && !data.error,
		options: data.rows.map(r => {
			const key = String(r[form!.key]), name = second ? String(r[second.name] ?? '') : '';

			return { key, text: name ? `${key} ${name}` : key };
		}),
	};
}

interface Props {
	f: Field;
	id: string;
	value: string;
	disabled?: boolean;
	error?: string;
	about?: string;
	/** What choosing none means. */
	none?: string;
	onInput: (v: string) => void;
	onBlur: () => void;
}

export function RefField({ f, id, value, disabled, error, about, none, onInput, onBlur }: Props) {
	const { options, known } = useOptions(f), there = options.some(o => o.key === value);
	const common = {
		id, name: f.name, disabled, onBlur, 'aria-describedby': about, 'aria-invalid': error ? true : undefined,
		'aria-required': f.required || undefined,
	} as const;

	if (options.length > CHOICES)
		return <>
			<input {...common} value={value} list={`${id}-o`} autocomplete="off" onInput={e => onInput(e.currentTarget.value)} />
			<datalist id={`${id}-o`}>{options.map(o => <option key={o.key} value={o.key}>{o.text}</option>)}</datalist>
		</>;
	return <select {...common} value={value} onChange={e => onInput(e.currentTarget.value)}>
		{(!f.required || !value) && <option value="">{f.required ? t('ref.choose') : none ?? t('ref.none')}</option>}
		{value && !there && <option value={value}>{known ? t('ref.gone', { name: value }) : value}</option>}
		{options.map(o => <option key={o.key} value={o.key}>{o.text}</option>)}
	</select>;
}
