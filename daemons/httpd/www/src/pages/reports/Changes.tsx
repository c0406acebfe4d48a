// Who changed what: the journals of all tables together, newest first, and the
// way back for what had no secret in it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, asError, get, isAdmin, tablePath, type ApiError, type Row } from '../../api';
import { access, fieldOf, forms, mayWrite, type Form } from '../../forms';
import { Cell, noneOf } from '../../list/columns';
import { query, setQuery } from '../../route';
import { t } from '../../text';
import { Badge, Failed, Moment, PageHead, Skeleton } from '../../ui/bits';
import { toast } from '../../ui/toast';

interface Entry { id: number; time: number; actor: string; key: string; op: string; before: Row | null; after: Row | null; secrets: string[] }
interface Change extends Entry { form: Form }

const EACH = 50, SHOWN = 100, UNDO_MS = 24 * 3600 * 1000;

const tables = (): Form[] => access.value.filter(a => a.kind === 'table' && a.read).flatMap(a => forms.value[a.table] ?? []);

async function read(form: Form): Promise<Change[]> {
	const { rows } = await get<{ rows: Entry[] }>(`${tablePath(form.owner, form.name)}/_journal?limit=${EACH}`);

	return rows.map(r => ({ ...r, form }));
}

/** What a silent daemon knows is missing; what the others know is shown. */
async function readAll(only: string): Promise<{ changes: Change[]; error?: ApiError }> {
	const answers = await Promise.allSettled(tables().filter(f => !only || f.name === only).map(read));
	const failed = answers.find(a => a.status === 'rejected');

	return {
		changes: answers.flatMap(a => a.status === 'fulfilled' ? a.value : []).sort((a, b) => b.time - a.time || b.id - a.id).slice(0, SHOWN),
		error: failed && asError(failed.reason),
	};
}

const mayUndo = (c: Change): boolean => isAdmin() && mayWrite(c.form.name) && !c.secrets.length && c.op !== 'move' && !c.form.fields.some(f => f.type === 'secret' && !c.before)
	&& Date.now() - c.time < UNDO_MS && !!(c.before || c.after);

async function undo(c: Change): Promise<void> {
	const path = tablePath(c.form.owner, c.form.name), writable = (row: Row): Row =>
		Object.fromEntries(Object.entries(row).filter(([k]) => fieldOf(c.form, k) && !fieldOf(c.form, k)!.readonly && k !== c.form.key)) as Row;

	if (c.op === 'delete')
		await api('POST', path, { ...writable(c.before ?? {}), [c.form.key]: c.key });
	else if (!c.before)
		await api('DELETE', `${path}/${encodeURIComponent(c.key)}`);
	else
		await api('PATCH', `${path}/${encodeURIComponent(c.key)}`, writable(c.before));
	toast(t('undone', { key: c.key }));
}

/** before → after, field by field. */
function What({ c }: { c: Change }) {
	const names = [...new Set([...Object.keys(c.before ?? {}), ...Object.keys(c.after ?? {})])].filter(n => n !== c.form.key);

	return <ul class="diff">
		{names.flatMap(n => {
			const f = fieldOf(c.form, n);

			return f ? [<li key={n}>{f.label}: {c.before && <><Cell f={f} v={c.before[n]} none={noneOf(f)} /> → </>}
				{c.after ? <Cell f={f} v={c.after[n]} none={noneOf(f)} /> : '–'}</li>] : [];
		})}
		{c.secrets.map(n => <li key={n}>{t('changes.secret', { field: fieldOf(c.form, n)?.label ?? n })}</li>)}
	</ul>;
}

const opOf = (c: Change) => c.op === 'put' ? (c.before && Object.keys(c.before).length ? 'changed' : 'new') : c.op === 'delete' ? 'gone' : 'moved';

function Item({ c, done }: { c: Change; done: () => void }) {
	const op = opOf(c), back = () => { undo(c).then(done, e => toast(asError(e).message)); };

	return <li data-key={`${c.form.name}/${c.key}`}>
		<div class="line">
			<Badge tone={op === 'gone' ? 'danger' : op === 'new' ? 'ok' : 'info'}>{t(`mark.${op}`)}</Badge>
			<b>{c.form.title}</b> <span class="mono">{c.key}</span>
			<span class="grow" />
			<span class="sm muted"><Moment ms={c.time} /> {c.actor}</span>
			{mayUndo(c) && <button class="small" onClick={back}>{t('changes.undo')}<span class="vh"> {c.form.title} {c.key}</span></button>}
		</div>
		<What c={c} />
	</li>;
}

export function Changes() {
	const only = query.value.get('of') ?? '', [data, setData] = useState<{ changes: Change[]; error?: ApiError }>();
	const turn = useRef(0), wanted = useRef(only);

	wanted.current = only;
	/* the last question counts, whichever answer comes last */
	const reload = () => {
		const mine = ++turn.current;

		void readAll(wanted.current).then(d => { if (mine === turn.current) setData(d); });
	};

	useEffect(reload, [only]);
	return <>
		<PageHead title={t('changes')}><button onClick={reload}>{t('refresh')}</button></PageHead>
		<p class="lead">{t('changes.lead')}</p>
		<div class="line">
			<label for="changes-of">{t('changes.of')}</label>
			<select id="changes-of" class="narrow-select" value={only} onChange={e => setQuery({ of: e.currentTarget.value })}>
				<option value="">{t('changes.all')}</option>
				{tables().map(f => <option key={f.name} value={f.name}>{f.title}</option>)}
			</select>
		</div>
		{data?.error && <Failed error={data.error} at={0} retry={reload} />}
		{!data ? <Skeleton /> : data.changes.length ? <ul class="card journal">{data.changes.map(c => <Item key={`${c.form.owner} ${c.id}`} c={c} done={reload} />)}</ul>
			: <section class="card empty"><p>{t('changes.none')}</p></section>}
	</>;
}
