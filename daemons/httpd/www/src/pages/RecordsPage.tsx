// What happened: call records, attacks, sign-ins. Newest first; a row opens.
import { useState } from 'preact/hooks';
import type { Row } from '../api';
import { useRows } from '../data';
import type { Form } from '../forms';
import { Cell, columnsOf, noneOf, textOf } from '../list/columns';
import { DataTable } from '../list/DataTable';
import { t } from '../text';
import { Failed, PageHead, Skeleton } from '../ui/bits';
import { Dialog } from '../ui/Dialog';

const LIMIT = 500;
/* a call's end is told before its record is on disk */
const SETTLE_MS = 1000;

/** Where they are read, and which events bring new ones. */
const SOURCES: Record<string, { path: string; wake: string }> = {
	cdr: { path: `/methods/routed/Records?filter=&limit=${LIMIT}`, wake: 'call' },
	incident: { path: `/methods/guardd/Incidents?filter=&limit=${LIMIT}`, wake: 'ban' },
	audit: { path: `/audit?limit=${LIMIT}`, wake: '' },
};

export function RecordsPage({ form, title }: { form: Form; title: string }) {
	const source = SOURCES[form.name]!, data = useRows<Row>(source.path, name => name === source.wake, SETTLE_MS);
	const [open, setOpen] = useState<Row | null>(null), [head, ...rest] = columnsOf(form);
	const link = { ...head!, cell: (r: Row) => <button class="rowbtn" onClick={() => setOpen(r)}>{head!.cell(r)}</button> };

	return <>
		<PageHead title={title} count={data.rows.length}><button onClick={data.reload}>{t('refresh')}</button></PageHead>
		{data.error && <Failed error={data.error} at={data.at} retry={data.reload} />}
		{!data.ready ? <Skeleton /> : <DataTable label={title} rows={data.rows} keyOf={r => String(r[form.key])} search={textOf(form)}
			columns={[link, ...rest]} sort="" placeholder={t('list.search')} empty={<p>{t('empty.records')}</p>} />}
		{open && <Dialog kind="drawer" reading title={title} onClose={() => setOpen(null)}>
			<dl class="facts">{form.fields.map(f => <div key={f.name}>
				<dt>{f.label}</dt><dd><Cell f={f} v={open[f.name]} none={noneOf(f)} /></dd>
			</div>)}</dl>
		</Dialog>}
	</>;
}
