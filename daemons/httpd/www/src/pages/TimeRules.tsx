// What time rules have beside what is described: the week to look at and to paint.
import type { TimeRule } from 'schema/types';
import type { Row } from '../api';
import { useTable, type Data } from '../data';
import type { Editing } from '../form/useEdit';
import { WeekGrid } from '../form/WeekGrid';
import { mayWrite } from '../forms';
import type { Column } from '../list/useList';
import { t } from '../text';
import { Muted } from '../ui/bits';
import type { Extra } from './extras';

function UnderHours({ editing }: { editing: Editing }) {
	return <div class="field">
		<WeekGrid text={String(editing.edit['hours'])} disabled={!mayWrite('time_rule')} onInput={v => editing.set('hours', v)} />
		<div class="help">{t('week.help')}</div>
	</div>;
}

/** The zones this browser knows; the box knows its own. */
const UnderZone = () => <datalist id="zones">{Intl.supportedValuesOf('timeZone').map(z => <option key={z} value={z} />)}</datalist>;

function useColumns(described: Column<Row>[], _data: Data<Row>): Column<Row>[] {
	const rules = useTable<{ name: string; time_rule: string }>('routed', 'dial_rule').rows;
	const users = (name: string) => rules.filter(r => r.time_rule === name).map(r => r.name);

	return [...described, {
		id: 'users', label: t('used.by'), wide: true,
		cell: r => users((r as unknown as TimeRule).name).join(', ') || <Muted>–</Muted>,
	}];
}

export const timeRules: Extra = { useColumns, fields: { hours: UnderHours, zone: UnderZone } };
