// Alerts in few columns, so that "Seen" stands on the page: the service beside
// what happened, how it ended under what was seen. And whom a rule is about.
import type { Row } from '../api';
import type { Data } from '../data';
import type { Column } from '../list/useList';
import { enumText, t } from '../text';
import { Muted } from '../ui/bits';
import type { Extra } from './extras';

const text = (r: Row, name: string): string => String(r[name] ?? '');

const CELLS: Readonly<Record<string, Partial<Column<Row>>>> = {
	kind: { wide: false, cell: r => <>{enumText(text(r, 'kind'), 'kind')} <Muted>{enumText(text(r, 'service'), 'service')}</Muted></> },
	source: { wide: false },
	level: { wide: true },
	detail: { cell: r => <>{['detail', 'outcome'].filter(f => r[f]).map(f => <div key={f}>{text(r, f)}</div>)}</> },
};

function useColumns(described: Column<Row>[], _data: Data<Row>): Column<Row>[] {
	return described.filter(c => c.id !== 'service' && c.id !== 'outcome').map(c => ({ ...c, ...CELLS[c.id] }));
}

function useRuleColumns(described: Column<Row>[], _data: Data<Row>): Column<Row>[] {
	return described.map(c => c.id === 'kinds' ? { ...c, cell: r => r['kinds'] ? c.cell(r) : <Muted>{t('alerts.every')}</Muted> } : c);
}

export const alerts: Extra = { endBy: 'alerts.seen', useColumns };
export const alertRules: Extra = { useColumns: useRuleColumns };
