// What happened: call records, attacks, sign-ins. Newest first, page by page from
// the box; a row opens.
import { Fragment } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { asError, type Row } from '../../api';
import { useRows } from '../../data';
import type { Form } from '../../forms';
import { Cell, columnsOf, noneOf, textOf } from '../../list/columns';
import { DataTable } from '../../list/DataTable';
import type { Column } from '../../list/useList';
import { money } from '../../money';
import { path, query } from '../../route';
import { duration, t, tn } from '../../text';
import { Failed, PageHead, Skeleton } from '../../ui/bits';
import { Dialog } from '../../ui/Dialog';
import { toast } from '../../ui/toast';
import { Whose } from '../Whose';
import { FilterBar } from './FilterBar';
import { chosen, fileOf, pathOf, SOURCES, wordsOf, type Source } from './filters';
import { saveRecords } from './saveRecords';

const PAGE = 100;
/* a call's end is told before its record is on disk */
const SETTLE_MS = 1000;

/* in this order, where the schema has another; on a phone the first three. The rest is in the drawer. */
const ORDER: Readonly<Record<string, readonly string[]>> = {
	cdr: ['start_ms', 'caller', 'callee', 'talk_s', 'disposition', 'reason'],
	incident: ['kind', 'source', 'last_ms', 'level', 'service', 'account', 'count', 'outcome'],
};

function columnsFor(form: Form): Column<Row>[] {
	const all = columnsOf(form), order = ORDER[form.name];

	return order ? order.flatMap(id => all.find(c => c.id === id) ?? []).map((c, i) => ({ ...c, wide: i >= 3 })) : all;
}

const isSet = (v: Row[string] | undefined): boolean => v !== '' && v !== 0 && v !== undefined;

interface Sum { calls: number; answered: number; talk_s: number; cost_milli: number }

/** All that the filter finds, added up. */
function Totals({ source, words }: { source: Source; words: readonly string[] }) {
	const sum = useRows<Sum>(source.totals ? `${source.totals}?${new URLSearchParams({ filter: words.join(';') })}` : null,
		name => name === source.wake, SETTLE_MS).rows[0];

	return sum ? <p class="muted" role="status">
		{tn('totals.calls', sum.calls)}, {t('totals.answered', { n: sum.answered })}, {duration(sum.talk_s)}
		{sum.cost_milli > 0 && `, ${money(sum.cost_milli)}`}
	</p> : null;
}

function Export({ form, source, words }: { form: Form; source: Source; words: readonly string[] }) {
	const [busy, setBusy] = useState(false);
	const save = () => {
		setBusy(true);
		saveRecords(form, source).catch(e => toast(asError(e).message)).finally(() => setBusy(false));
	};

	return source.file ? <a class="button" href={fileOf(source.file, words)} download>{t('records.save')}</a>
		: <button disabled={busy} onClick={save}>{t('records.save')}</button>;
}

/** From page to page: each goes on behind the last row of the one before. */
function usePages(words: string): { before: string; page: number; older: (last: string) => void; newer: () => void } {
	const [stack, setStack] = useState<string[]>([]);

	useEffect(() => setStack([]), [words]);
	return {
		before: stack.at(-1) ?? '', page: stack.length + 1,
		older: last => setStack(s => [...s, last]), newer: () => setStack(s => s.slice(0, -1)),
	};
}

export function RecordsPage({ form, title }: { form: Form; title: string }) {
	const source = SOURCES[form.name]!, words = wordsOf(source, query.value), pages = usePages(words.join(';'));
	const data = useRows<Row>(pathOf(source, words, PAGE, pages.before), name => pages.page === 1 && name === source.wake, SETTLE_MS);
	const [open, setOpen] = useState<Row | null>(null), [head, ...rest] = columnsFor(form), last = data.rows.at(-1);
	const link = { ...head!, cell: (r: Row) => <button class="rowbtn" onClick={() => setOpen(r)}>{head!.cell(r)}</button> };

	return <>
		<PageHead title={title}>
			<button onClick={data.reload}>{t('refresh')}</button>
			<Export form={form} source={source} words={words} />
		</PageHead>
		<FilterBar key={path.value} source={source} form={form} />
		{source.totals && <Totals source={source} words={words} />}
		{data.error && <Failed error={data.error} at={data.at} retry={data.reload} />}
		{!data.ready ? <Skeleton /> : <DataTable server label={title} rows={data.rows} keyOf={r => String(r[form.key])} search={textOf(form)}
			columns={[link, ...rest].map(c => ({ ...c, value: undefined }))} sort="" placeholder={t('list.search')}
			empty={<p>{t(chosen(source, query.value) ? 'list.nothing' : 'empty.records')}</p>} />}
		{source.pages && (pages.page > 1 || data.rows.length === PAGE) && <div class="line">
			<span class="muted sm">{t('records.page', { n: pages.page })}</span>
			<button disabled={pages.page === 1} onClick={pages.newer}>{t('records.newer')}</button>
			<button disabled={data.rows.length < PAGE} onClick={() => pages.older(String(last?.[form.key] ?? ''))}>{t('records.older')}</button>
		</div>}
		{open && <Dialog kind="drawer" reading title={title} onClose={() => setOpen(null)}>
			<dl class="facts">{form.fields.filter(f => isSet(open[f.name])).map(f => <Fragment key={f.name}>
				<div><dt>{f.label}</dt><dd><Cell f={f} v={open[f.name]} none={noneOf(f)} /></dd></div>
				{f.name === source.whose && <Whose source={String(open[f.name])} />}
			</Fragment>)}</dl>
		</Dialog>}
	</>;
}
