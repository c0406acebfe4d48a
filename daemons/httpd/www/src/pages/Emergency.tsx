// Emergency numbers: over which trunks they go, and whether there is any.
import type { Emergency, Trunk } from 'schema/types';
import type { Row } from '../api';
import { useTable, type Data } from '../data';
import type { Column } from '../list/useList';
import { t } from '../text';
import { Badge, Muted } from '../ui/bits';
import type { Extra } from './extras';

const asNumber = (r: Row) => r as unknown as Emergency;

function useColumns(described: Column<Row>[], _data: Data<Row>): Column<Row>[] {
	const trunks = useTable<Trunk>('sipd', 'trunk'), there = new Set(trunks.rows.filter(x => x.enabled).map(x => x.name));
	const note = described.find(c => c.id === 'note')!;

	return [
		{
			id: 'trunks', label: t('emergency.over'), cell: r => {
				const named = asNumber(r).trunks.split(';').filter(Boolean), dead = named.length > 0 && !named.some(n => there.has(n));

				if (trunks.ready && dead)
					return <Badge tone="danger">{t('emergency.dead', { names: named.join(', ') })}</Badge>;
				return named.length ? named.join(', ') : <Muted>{t('emergency.all')}</Muted>;
			},
		},
		{ id: 'shown', label: t('emergency.shown'), wide: true, cell: r => asNumber(r).caller_id || <Muted>{t('emergency.trunks')}</Muted> },
		{ ...note, wide: true },
	];
}

/** Nobody can be called at all. */
function Above() {
	const trunks = useTable<Trunk>('sipd', 'trunk');

	return trunks.ready && !trunks.error && !trunks.rows.some(x => x.enabled)
		? <p class="banner danger" role="alert"><span class="grow">{t('emergency.nobody')}</span> <a href="#/basic/trunks">{t('emergency.add')}</a></p> : null;
}

export const emergency: Extra = { useColumns, Above };
