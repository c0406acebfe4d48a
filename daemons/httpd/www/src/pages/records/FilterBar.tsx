// The fields over a list of records; what is chosen stands in the address.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Row } from '../../api';
import { useTable } from '../../data';
import { fieldOf, forms, type Form } from '../../forms';
import { query, setQuery } from '../../route';
import { enumText, t, tn } from '../../text';
import { chosen, cleared, filterLabel, type FilterField, type Source } from './filters';

/* one does not ask at every letter */
const PAUSE_MS = 350;

interface Props { f: FilterField; form: Form; value: string; set: (v: string) => void }

function useValues(f: FilterField, form: Form): { value: string; text: string }[] {
	const of = f.of, table = of && 'table' in of ? of : undefined;
	const rows = useTable<Row>(table?.owner ?? '', table?.table ?? '').rows;

	if (of && 'field' in of)
		return (fieldOf(form, of.field)?.values ?? []).map(v => ({ value: v, text: enumText(v, of.field) }));
	return rows.map(r => String(r[forms.value[table?.table ?? '']?.key ?? ''])).map(k => ({ value: k, text: k }));
}

function Choice({ f, form, value, set }: Props) {
	const values = useValues(f, form);

	return <select id={`filter-${f.id}`} value={value} onChange={e => set(e.currentTarget.value)}>
		<option value="">{t('filter.any')}</option>
		{value && !values.some(v => v.value === value) && <option value={value}>{value}</option>}
		{values.map(v => <option key={v.value} value={v.value}>{v.text}</option>)}
	</select>;
}

/** What is typed stands at once, and counts after a pause. */
function Typed({ f, value, set }: Props) {
	const [text, setText] = useState(value), timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

	useEffect(() => setText(value), [value]);
	return <input id={`filter-${f.id}`} type={(f.kind === 'moment' ? 'datetime-local' : 'text') as 'text'} autocomplete="off" spellcheck={false}
		value={text} onInput={e => {
			const v = e.currentTarget.value;

			setText(v);
			clearTimeout(timer.current);
			timer.current = setTimeout(() => set(v), PAUSE_MS);
		}} />;
}

export function FilterBar({ source, form }: { source: Source; form: Form }) {
	const n = chosen(source, query.value);
	/* on a phone they would fill the screen */
	const [open] = useState(() => n > 0 || !matchMedia('(max-width: 860px)').matches);

	if (!source.filters.length)
		return null;
	return <details class="card filtering" open={open}>
		<summary>{n > 0 ? tn('filter.some', n) : t('filter')}</summary>
		<form class="filters" aria-label={t('filter')} onSubmit={e => e.preventDefault()}>
			{source.filters.map(f => {
				const p = { f, form, value: query.value.get(f.id) ?? '', set: (v: string) => setQuery({ [f.id]: v }) };
	
				return f.kind === 'flag' ? <label class="radio" key={f.id}>
					<input type="checkbox" checked={!!p.value} onChange={e => p.set(e.currentTarget.checked ? '1' : '')} />{filterLabel(f)}
				</label> : <div class="field" key={f.id}>
					<label for={`filter-${f.id}`}>{filterLabel(f)}</label>
					{f.kind === 'choice' ? <Choice {...p} /> : <Typed {...p} />}
				</div>;
			})}
			{n > 0 && <button type="button" onClick={() => setQuery(cleared(source))}>{t('filter.clear')}</button>}
		</form>
	</details>;
}
