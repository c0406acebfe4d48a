// What time rules have beside what is described: the week to look at and to paint.
import type { TimeRule } from 'schema/types';
import type { Row } from '../api';
import { useLive, useTable, type Data } from '../data';
import type { Editing } from '../form/useEdit';
import { mayWrite } from '../forms';
import type { Column } from '../list/useList';
import { t } from '../text';
import { Badge, Muted } from '../ui/bits';
import { lazy } from '../ui/lazy';
import type { Extra } from './extras';

const WeekGrid = lazy(() => import('../form/WeekGrid').then(m => m.WeekGrid));

function UnderHours({ editing }: { editing: Editing }) {
	return <div class="field">
		<WeekGrid text={String(editing.edit['hours'])} disabled={!mayWrite('time_rule')} onInput={v => editing.set('hours', v)} />
		<div class="help">{t('week.help')}</div>
	</div>;
}

/** The zones this browser knows; the box knows its own. */
const UnderZone = () => <datalist id="zones">{Intl.supportedValuesOf('timeZone').map(z => <option key={z} value={z} />)}</datalist>;

interface Now { time_rule: string; state: 'open' | 'closed' | 'no_clock' | 'no_zone'; change: string }

function IsOpen({ h }: { h?: Now }) {
	if (!h)
		return <Muted>–</Muted>;
	return <>
		<Badge tone={h.state === 'open' ? 'ok' : h.state === 'closed' ? '' : 'danger'}>{t(`hours.${h.state}`)}</Badge>
		{h.change && <Muted> {t('hours.until', { when: h.change })}</Muted>}
	</>;
}

interface User { name: string; time_rule: string }

function useColumns(described: Column<Row>[], _data: Data<Row>): Column<Row>[] {
	const out = useTable<User>('routed', 'dial_rule').rows, inbound = useTable<User>('routed', 'inbound_rule').rows, rules = [...out, ...inbound];
	const now = new Map(useLive<Now>('/methods/routed/Hours').rows.map(h => [h.time_rule, h]));
	const users = (name: string) => rules.filter(r => r.time_rule === name).map(r => r.name);

	return [{ id: 'now', label: t('hours.now'), cell: r => <IsOpen h={now.get(String(r['name']))} /> }, ...described, {
		id: 'users', label: t('used.by'), wide: true,
		cell: r => users((r as unknown as TimeRule).name).join(', ') || <Muted>–</Muted>,
	}];
}

export const timeRules: Extra = { useColumns, fields: { hours: UnderHours, zone: UnderZone } };
