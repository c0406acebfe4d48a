// The common rules in their order, with what each has decided so far.
import { useState } from 'preact/hooks';
import type { CommonRule } from 'schema/types';
import { api, tablePath, type Row, type Saved } from '../../api';
import { useLive } from '../../data';
import { copyOf } from '../../form/copy';
import { EditDrawer } from '../../form/EditDrawer';
import { forms } from '../../forms';
import { DataTable } from '../../list/DataTable';
import { MoveTo } from '../../list/MoveTo';
import { useOrderBy } from '../../list/order';
import type { Edit } from '../../form/values';
import type { Column } from '../../list/useList';
import { enumText, number, t } from '../../text';
import { Ago, Badge, Muted } from '../../ui/bits';
import { marks, type Mark } from './draft';
import { blankRule } from './shut';
import type { Editing } from './useDraft';

interface Count { kind: string; rule: string; packets: number; day_packets: number; last_ms: number }
/** after: the rule behind which a new one goes. */
type Open = { what: 'edit'; rule?: CommonRule; preset?: Edit; after?: string } | { what: 'move'; key: string } | null;

const service = (r: CommonRule) => `${enumText(r.protocol)}${r.port ? ` ${r.port}` : ''}`;

function columns(may: boolean, editing: Editing, counts: Map<string, Count>, edit: (r: CommonRule) => void): Column<CommonRule>[] {
	const set = (name: string, change: Partial<CommonRule>) => editing.change(w => ({
		...w, rules: w.rules.map(r => r.name === name ? { ...r, ...change } : r),
	}));
	const count = (r: CommonRule) => counts.get(r.name);

	return [
		{
			id: 'on', label: t('wall.on'),
			cell: r => <input type="checkbox" aria-label={t('wall.on.of', { name: r.name })} checked={r.enabled} disabled={!may}
				onChange={e => set(r.name, { enabled: e.currentTarget.checked })} />,
		},
		{
			id: 'name', label: t('wall.name'), cell: r => <>
				<button class="rowbtn" onClick={() => edit(r)}>{r.name}</button>
				{forms.value['common_rule']!.builtin?.includes(r.name) && <Muted> {t('wall.builtin')}</Muted>}
			</>,
		},
		{ id: 'action', label: t('wall.does'), cell: r => <Badge tone={r.action === 'accept' ? 'ok' : 'danger'}>{enumText(r.action)}</Badge> },
		{ id: 'service', label: t('wall.service'), wide: true, cell: r => <span class="mono">{service(r)}</span> },
		{
			id: 'source', label: t('wall.from'), wide: true,
			cell: r => r.source || r.mac ? <span class="mono">{[r.source, r.mac].filter(Boolean).join(' ')}</span> : <Muted>{t('wall.any')}</Muted>,
		},
		{
			id: 'packets', label: t('wall.packets'), wide: true, right: true,
			cell: r => <span class="num">{number(count(r)?.day_packets ?? 0)}</span>,
		},
		{
			id: 'last', label: t('wall.last'), wide: true,
			cell: r => count(r)?.last_ms ? <Ago ms={count(r)!.last_ms} /> : <Muted>{count(r)?.packets ? t('wall.before') : r.enabled && count(r) ? t('wall.never') : '–'}</Muted>,
		},
	];
}

/** Asks the box whether it would take the rule; it goes into the draft only. */
async function check(key: string, row: Row): Promise<void> {
	await api('POST', `${tablePath('fwd', 'common_rule')}/_check`, { key, row });
}

export function Rules({ editing, may }: { editing: Editing; may: boolean }) {
	const rules = editing.wall!.rules, [open, setOpen] = useState<Open>(null), form = forms.value['common_rule']!;
	const counts = new Map(useLive<Count>('/methods/fwd/Counters').rows.filter(c => c.kind === 'common').map(c => [c.rule, c]));
	const changed = editing.draft ? marks(editing.draft) : new Map<string, Mark>(), known = new Set(editing.draft?.from.rules.map(r => r.name));
	const order = useOrderBy(rules.map(r => r.name), k => k, next => editing.change(w => {
		const by = new Map(w.rules.map(r => [r.name, r]));

		return { ...w, rules: next.map(k => by.get(k)!).filter(Boolean) };
	}));

	const send = async (body: Row, was: Row | undefined, after?: string): Promise<Saved> => {
		const key = String((was ?? body)['name']), whole = { ...was, ...body } as unknown as CommonRule;

		await check(key, was && (known.has(key) || !editing.draft) ? body : whole as unknown as Row);
		editing.change(w => {
			const at = w.rules.findIndex(r => r.name === after) + 1 || w.rules.length;

			return {
				...w, rules: was ? w.rules.map(r => r.name === key ? whole : r)
					: [...w.rules.slice(0, at), { ...blankRule(form), ...whole }, ...w.rules.slice(at)],
			};
		});
		return { seq: 0, key };
	};
	const copy = (r: CommonRule) => setOpen({
		what: 'edit', preset: copyOf(form, r as unknown as Row, rules as unknown as Row[]), after: r.name,
	});
	const remove = (r: CommonRule) => {
		editing.change(w => ({ ...w, rules: w.rules.filter(x => x.name !== r.name) }));
		setOpen(null);
	};

	return <>
		<div class="page-head">
			<h2>{form.title}</h2>
			<span class="muted sm">{t('wall.first')}</span>
			<span class="grow" />
			{may && <button class="primary" onClick={() => setOpen({ what: 'edit' })}>{t('wall.add')}</button>}
		</div>
		<DataTable label={form.title} rows={rules} keyOf={r => r.name} search={r => Object.values(r).join(' ')} placeholder={t('list.search')} sort=""
			columns={columns(may, editing, counts, r => setOpen({ what: 'edit', rule: r }))} empty={<p>{t('wall.none')}</p>}
			order={may ? {
				...order, ask: key => setOpen({ what: 'move', key }),
				note: k => changed.has(k) && <Badge tone="info">{t(`mark.${changed.get(k)!}`)}</Badge>,
			} : undefined} />
		{open?.what === 'move' && <MoveTo k={open.key} order={order} onClose={() => setOpen(null)} />}
		{open?.what === 'edit' && <EditDrawer key={open.after ?? ''} form={form} row={open.rule as unknown as Row} preset={open.preset} seq={0} readonly={!may}
			send={(body, was) => send(body, was, open.after)}
			title={open.rule ? t('edit.title', { what: form.title, key: open.rule.name }) : t('wall.add')} onClose={() => setOpen(null)}
			actions={may && open.rule && <>
				{!form.builtin?.includes(open.rule.name)
					&& <button type="button" class="danger" onClick={() => remove(open.rule!)}>{t('delete')}</button>}
				<button type="button" onClick={() => copy(open.rule!)}>{t('duplicate')}</button>
			</>} />}
	</>;
}
