// Inbound rules: which calls from outside each one takes and where they go, and
// the simulator.
import { useState } from 'preact/hooks';
import type { InboundRule } from 'schema/types';
import type { Row } from '../api';
import type { Data } from '../data';
import type { Editing } from '../form/useEdit';
import type { Column } from '../list/useList';
import { example, takes } from '../pattern';
import { t } from '../text';
import { Badge, Muted } from '../ui/bits';
import type { Extra } from './extras';
import { WhereTo } from './WhereTo';

const asRule = (r: Row) => r as unknown as InboundRule;
const any = <Muted>{t('inbound.any')}</Muted>;

function useColumns(described: Column<Row>[], data: Data<Row>): Column<Row>[] {
	const get = (id: string) => described.find(c => c.id === id)!;
	/* one that takes everything leaves nothing to those behind it */
	const all = data.rows.map(asRule).findIndex(r => r.enabled && !r.trunk && !r.did && !r.caller && !r.time_rule);
	const names = new Set(all < 0 ? [] : data.rows.slice(all + 1).map(r => asRule(r).name));

	return [
		{
			id: 'did', label: get('did').label, cell: r => <>
				{asRule(r).did ? <b class="mono">{asRule(r).did}</b> : any}
				{!asRule(r).enabled && <> <Badge tone="warn">{t('off')}</Badge></>}
				{names.has(asRule(r).name) && <> <Badge tone="danger">{t('rule.never', { by: asRule(data.rows[all]!).name })}</Badge></>}
			</>,
		},
		{ ...get('extension'), wide: false, cell: r => <b class="num">{asRule(r).extension}</b> },
		{ ...get('caller'), wide: true, cell: r => asRule(r).caller ? <span class="mono">{asRule(r).caller}</span> : any },
		{ ...get('trunk'), wide: true, cell: r => asRule(r).trunk || any },
		{ ...get('time_rule'), wide: true, cell: r => asRule(r).time_rule || <Muted>{t('inbound.always')}</Muted> },
	];
}

/** What the pattern takes, under it. */
function Under({ editing, name }: { editing: Editing; name: 'did' | 'caller' }) {
	const pattern = String(editing.edit[name]).trim(), shown = example(pattern);

	if (!pattern || editing.errors[name] || !shown || !takes(pattern, shown))
		return null;
	return <p class="help">{t('inbound.takes', { number: shown })}</p>;
}

function Head() {
	const [open, setOpen] = useState(false);

	return <>
		<button onClick={() => setOpen(true)}>{t('where')}</button>
		{open && <WhereTo onClose={() => setOpen(false)} />}
	</>;
}

export const inbound: Extra = {
	useColumns, Head,
	fields: { did: ({ editing }) => <Under editing={editing} name="did" />, caller: ({ editing }) => <Under editing={editing} name="caller" /> },
};
