// The list of extensions: its columns, its filters, what a search looks in.
import type { Column, Filter } from '../list/useList';
import { t } from '../text';
import { Badge, Muted, type Tone } from '../ui/bits';
import type { Phone, State } from './extensionData';

const STATE: Record<State, Tone> = { call: 'info', registered: 'ok', away: '', off: 'warn' };
const GRADE: Record<string, Tone> = { strong: 'ok', weak: 'danger', shared: 'danger' };

export const StateBadge = ({ phone }: { phone: Phone }) => <Badge tone={STATE[phone.state]}>{t(`state.${phone.state}`)}</Badge>;

export const GradeBadge = ({ phone }: { phone: Phone }) =>
	<Badge tone={GRADE[phone.row.grade] ?? ''} title={phone.row.grade_why}>{t(`grade.${phone.row.grade}`)}</Badge>;

const first = (p: Phone) => p.bindings[0];
const more = (p: Phone) => p.bindings.length > 1 && <Muted> +{p.bindings.length - 1}</Muted>;

export function columns(edit: (p: Phone) => void): Column<Phone>[] {
	return [
		{
			id: 'number', label: t('ext.number'), value: p => p.number,
			cell: p => <button class="rowbtn num" onClick={() => edit(p)}>{p.number}</button>,
		},
		{ id: 'name', label: t('ext.name'), value: p => p.name, cell: p => p.name || <Muted>–</Muted> },
		{ id: 'state', label: t('ext.state'), value: p => t(`state.${p.state}`), cell: p => <StateBadge phone={p} /> },
		{
			id: 'address', label: t('ext.address'), wide: true, value: p => first(p)?.source ?? '',
			cell: p => first(p) ? <span class="mono">{first(p)!.source}{more(p)}</span> : <Muted>–</Muted>,
		},
		{
			id: 'phone', label: t('ext.phone'), wide: true, value: p => first(p)?.user_agent ?? '',
			cell: p => first(p)?.user_agent || <Muted>–</Muted>,
		},
		{
			id: 'permit', label: t('ext.permit'), wide: true, value: p => p.row.permit_ip,
			cell: p => p.row.permit_ip ? <span class="mono">{p.row.permit_ip.split(';').join(', ')}</span> : <Muted>{t('ext.any')}</Muted>,
		},
		{
			id: 'grade', label: t('ext.password'), wide: true, value: p => p.row.grade,
			cell: p => <><GradeBadge phone={p} />{p.old && <> <Badge tone="warn">{t('ext.old')}</Badge></>}</>,
		},
	];
}

export const FILTERS: readonly Filter<Phone>[] = [
	{ id: 'registered', label: t('state.registered'), test: p => p.bindings.length > 0 },
	{ id: 'away', label: t('state.away'), test: p => p.state === 'away' },
	{ id: 'call', label: t('state.call'), test: p => p.state === 'call' },
	{ id: 'off', label: t('state.off'), test: p => p.state === 'off' },
	{ id: 'weak', label: t('filter.weak'), test: p => p.row.grade === 'weak' },
	{ id: 'shared', label: t('filter.shared'), test: p => p.row.grade === 'shared' },
	{ id: 'old', label: t('filter.old'), test: p => p.old },
	{ id: 'anywhere', label: t('filter.anywhere'), test: p => !p.row.permit_ip },
];

export const searchText = (p: Phone): string =>
	[p.number, p.name, p.row.permit_ip, ...p.bindings.flatMap(b => [b.source, b.user_agent])].join(' ');
