// A list: search, filter, columns that sort, rows to tick, pages.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { query, setQuery } from '../route';
import { t } from '../text';
import { dropOn, orderColumns, type Order } from './order';
import { SIZES, sortBy, useList, type Column, type Filter, type Shown } from './useList';

/* so many are seen at a glance */
const FEW = 10;

interface Props<T> {
	label: string;
	rows: readonly T[];
	columns: readonly Column<T>[];
	keyOf: (row: T) => string;
	/** The text a search looks in. */
	search: (row: T) => string;
	placeholder: string;
	/** The column the list begins with; "" keeps the rows' order. */
	sort: string;
	filters?: readonly Filter<T>[];
	/** Shown instead of an empty list. */
	empty: ComponentChildren;
	/** What can be done with ticked rows. */
	bulk?: (rows: T[], clear: () => void) => ComponentChildren;
	/** The box searches and pages; this shows what it answered. */
	server?: boolean;
	/** Rows whose order people choose; while the list shows that order. */
	order?: Order;
}

const cellClass = <T,>(c: Column<T>) => [c.wide && 'wide', c.right && 'right', c.wrap && 'wrap'].filter(Boolean).join(' ');

function Tools<T>({ p, ticked, clear }: { p: Props<T>; ticked: T[]; clear: () => void }) {
	return <div class="toolbar">
		<input type="search" aria-label={p.placeholder} placeholder={p.placeholder}
			value={query.value.get('q') ?? ''} onInput={e => setQuery({ q: e.currentTarget.value, page: '' })} />
		{p.filters && <select aria-label={t('list.show')} value={query.value.get('show') ?? ''}
			onChange={e => setQuery({ show: e.currentTarget.value, page: '' })}>
			<option value="">{t('list.all')}</option>
			{p.filters.map(f => <option key={f.id} value={f.id}>{f.label}</option>)}
		</select>}
		<span class="grow" />
		{p.bulk && ticked.length > 0 && <div class="bulk">
			<b class="num">{t('list.ticked', { n: ticked.length })}</b>
			{p.bulk(ticked, clear)}
		</div>}
	</div>;
}

function Head<T>({ p, s, tickAll, ticked }: { p: Props<T>; s: Shown<T>; tickAll: (on: boolean) => void; ticked: boolean }) {
	return <thead><tr>
		{p.bulk && <th scope="col" class="tick"><input type="checkbox" aria-label={t('list.tickall')} checked={ticked}
			onChange={e => tickAll(e.currentTarget.checked)} /></th>}
		{p.columns.map(c => <th key={c.id} scope="col" class={cellClass(c)}
			aria-sort={c.value && s.sort === c.id ? (s.down ? 'descending' : 'ascending') : undefined}>
			{c.value ? <button onClick={() => sortBy(c.id, s)}>{c.label}<span aria-hidden="true" class="arrow">{
				s.sort === c.id ? (s.down ? '▼' : '▲') : ''}</span></button>
				: c.label || <span class="vh">{t('list.actions')}</span>}
		</th>)}
	</tr></thead>;
}

function Pager<T>({ s }: { s: Shown<T> }) {
	const to = (page: number) => setQuery({ page: page > 1 ? String(page) : '' });

	return <div class="pager">
		<span role="status">{t('list.range', { from: s.first + 1, to: s.first + s.rows.length, all: s.all.length })}</span>
		<span class="grow" />
		{s.all.length > 50 && <>
			<label for="rows">{t('list.rows')}</label>
			<select id="rows" value={query.value.get('rows') ?? '50'}
				onChange={e => setQuery({ rows: e.currentTarget.value === '50' ? '' : e.currentTarget.value, page: '' })}>
				{SIZES.map(n => <option key={n} value={n}>{n === 'all' ? t('list.all') : n}</option>)}
			</select>
			<button disabled={s.page <= 1} onClick={() => to(s.page - 1)}>{t('list.previous')}</button>
			<button disabled={s.page >= s.pages} onClick={() => to(s.page + 1)}>{t('list.next')}</button>
		</>}
	</div>;
}

export function DataTable<T>(props: Props<T>) {
	const ordered = props.order && !query.value.get('q') && !query.value.get('show') && !query.value.get('sort') ? props.order : undefined;
	const p = ordered ? { ...props, columns: orderColumns(props.columns, props.keyOf, ordered) } : props;
	const s = useList(p.rows, p.columns, p.search, p.sort, p.filters, p.server);
	const [ticks, setTicks] = useState<ReadonlySet<string>>(new Set());
	const ticked = p.rows.filter(r => ticks.has(p.keyOf(r)));

	const tick = (k: string) => setTicks(old => {
		const next = new Set(old);

		if (!next.delete(k))
			next.add(k);
		return next;
	});

	if (!p.rows.length)
		return <section class="card empty" aria-label={p.label}>{p.empty}</section>;
	return <section class="card" aria-label={p.label}>
		{!p.server && (p.rows.length > FEW || p.filters || p.bulk || query.value.get('q')) && <Tools p={p} ticked={ticked} clear={() => setTicks(new Set())} />}
		{s.all.length === 0 ? <div class="empty">
			<p>{t('list.nothing')}</p>
			<button onClick={() => setQuery({ q: '', show: '', page: '' })}>{t('list.clear')}</button>
		</div> : <>
			<div class="tw" tabIndex={0} role="region" aria-label={t('list.scroll', { list: p.label })}><table>
				<Head p={p} s={s} ticked={s.rows.every(r => ticks.has(p.keyOf(r)))}
					tickAll={on => setTicks(new Set(on ? s.rows.map(p.keyOf) : []))} />
				<tbody>{s.rows.map(r => {
					const k = p.keyOf(r);

					return <tr key={k} data-key={k} {...(ordered ? dropOn(k, ordered) : {})} aria-selected={p.bulk ? ticks.has(k) : undefined}>
						{p.bulk && <td class="tick"><input type="checkbox" aria-label={t('list.tick', { key: k })}
							checked={ticks.has(k)} onChange={() => tick(k)} /></td>}
						{p.columns.map(c => <td key={c.id} class={cellClass(c)}>{c.cell(r)}</td>)}
					</tr>;
				})}</tbody>
			</table></div>
			{!p.server && <Pager s={s} />}
		</>}
		{ordered && <div class="vh" role="status" aria-live="polite">{ordered.said.value}</div>}
	</section>;
}
