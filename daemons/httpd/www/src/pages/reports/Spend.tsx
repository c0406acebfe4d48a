// What each cap has used in its period, what calls hold now, and what is left.
import type { Credit, Usage } from 'schema/types';
import { useLiveTable, useTable } from '../../data';
import { DataTable } from '../../list/DataTable';
import type { Column } from '../../list/useList';
import { money } from '../../money';
import { duration, enumText, number, t } from '../../text';
import { Badge, Failed, Moment, Muted, PageHead, Skeleton } from '../../ui/bits';
import { Used } from '../../ui/Used';
import { EACH } from '../Credit';

/* of a limit on each of them there is one for everybody who used it */
interface Cap { credit: Credit; who: string; usage?: Usage }

const none = <Muted>–</Muted>;
const share = (used: number, most: number): number => most ? used / most : 0;

/** How full a cap is: the fuller of time and money. */
const full = ({ usage: u }: Cap): number => u ? Math.max(share(u.seconds + u.held_seconds, u.most_seconds), share(u.money_milli + u.held_milli, u.most_milli)) : 0;

function Level({ c }: { c: Cap }) {
	const n = full(c), percent = Math.min(100, Math.round(n * 100)), warn = percent >= c.credit.warn_percent;

	return <span class="level">
		<meter min={0} max={100} low={c.credit.warn_percent} high={99} optimum={0} value={percent} aria-label={t('spend.full', { name: c.credit.name })} />
		<Badge tone={percent >= 100 ? 'danger' : warn ? 'warn' : 'ok'}>{t('spend.percent', { n: percent })}</Badge>
	</span>;
}

const COLUMNS = (): Column<Cap>[] => [
	{ id: 'name', label: t('spend.cap'), value: c => c.credit.name, cell: c => <a href="#/advanced/credit"><b>{c.credit.name}</b></a> },
	{ id: 'level', label: t('spend.level'), value: full, cell: c => <Level c={c} /> },
	{ id: 'who', label: t('spend.who'), wide: true, value: c => c.who, cell: c => <>{enumText(c.credit.scope)} <b>{c.who === EACH ? t('caps.each') : c.who}</b></> },
	{ id: 'period', label: t('spend.period'), wide: true, value: c => c.credit.period, cell: c => enumText(c.credit.period) },
	{
		id: 'money', label: t('spend.money'), wide: true, value: c => c.usage?.money_milli ?? 0,
		cell: c => <Used used={c.usage?.money_milli ?? 0} held={c.usage?.held_milli ?? 0} most={c.usage?.most_milli ?? c.credit.money_milli} say={money} />,
	},
	{
		id: 'time', label: t('spend.time'), wide: true, value: c => c.usage?.seconds ?? 0,
		cell: c => <Used used={c.usage?.seconds ?? 0} held={c.usage?.held_seconds ?? 0} most={c.usage?.most_seconds ?? c.credit.seconds} say={duration} />,
	},
	{ id: 'calls', label: t('spend.calls'), wide: true, right: true, value: c => c.usage?.calls ?? 0, cell: c => number(c.usage?.calls ?? 0) },
	{ id: 'since', label: t('spend.since'), wide: true, value: c => c.usage?.period_ms ?? 0, cell: c => c.usage ? <Moment ms={c.usage.period_ms} /> : none },
];

export function Spend() {
	const caps = useTable<Credit>('routed', 'credit'), usage = useLiveTable<Usage>('routed', 'usage');
	const error = caps.error ?? usage.error, by = new Map<string, Usage[]>();

	usage.rows.forEach(u => by.set(u.credit, [...by.get(u.credit) ?? [], u]));
	const rows = caps.rows.filter(c => c.enabled).flatMap((credit): Cap[] =>
		by.get(credit.name)?.map(u => ({ credit, who: u.who, usage: u })) ?? [{ credit, who: credit.who }]);

	return <>
		<PageHead title={t('spend')} count={rows.length} />
		<p class="lead">{t('spend.lead')}</p>
		{error && <Failed error={error} at={caps.at} retry={() => { caps.reload(); usage.reload(); }} />}
		{!caps.ready || !usage.ready ? <Skeleton /> : <DataTable label={t('spend')} rows={rows} keyOf={c => c.usage?.id ?? c.credit.name}
			search={c => `${c.credit.name} ${c.who} ${c.credit.scope}`} placeholder={t('list.search')} sort="" columns={COLUMNS()}
			empty={<p>{t('empty.credit')} <a href="#/advanced/credit">{t('spend.add')}</a></p>} />}
	</>;
}
