// Brakes in words: what is counted of whom, and what happens at which level. And
// the countries that somebody has called.
import type { Brake } from 'schema/types';
import type { Row } from '../api';
import type { Data } from '../data';
import type { Column } from '../list/useList';
import { enumText, number, t, type MsgId } from '../text';
import { Badge, Muted } from '../ui/bits';
import type { Extra } from './extras';

const asBrake = (r: Row) => r as unknown as Brake;
const none = <Muted>–</Muted>;

function Act({ b }: { b: Brake }) {
	if (!b.act)
		return none;
	return <Badge tone={b.action === 'alert' ? 'warn' : 'danger'}>{t(`brake.${b.action}` as MsgId, { n: number(b.act) })}</Badge>;
}

function useColumns(_described: Column<Row>[], _data: Data<Row>): Column<Row>[] {
	return [
		{
			id: 'kind', label: t('brake.counts'), value: r => enumText(asBrake(r).kind), cell: r => <>
				{enumText(asBrake(r).kind)}{!asBrake(r).enabled && <> <Badge tone="warn">{t('off')}</Badge></>}
			</>,
		},
		{
			id: 'by', label: t('brake.whose'), wide: true, value: r => asBrake(r).scope,
			cell: r => <>{asBrake(r).who ? <>{enumText(asBrake(r).scope)} <b>{asBrake(r).who}</b></> : t(`brake.each.${asBrake(r).scope}` as MsgId)}</>,
		},
		{
			id: 'warn', label: t('brake.warn'), wide: true, right: true, value: r => asBrake(r).warn,
			cell: r => asBrake(r).warn ? <span class="num">{number(asBrake(r).warn)}</span> : none,
		},
		{ id: 'act', label: t('brake.act'), value: r => asBrake(r).act, cell: r => <Act b={asBrake(r)} /> },
	];
}

export const brakes: Extra = { useColumns };
