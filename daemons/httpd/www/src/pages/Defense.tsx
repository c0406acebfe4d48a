// Auto defense with what each row has discarded so far, as the kernel counts it.
import type { Row } from '../api';
import { useLive, type Data } from '../data';
import type { Column } from '../list/useList';
import { number, t } from '../text';
import { Ago, Muted } from '../ui/bits';
import type { Extra } from './extras';

interface Count { kind: string; rule: string; packets: number; last_ms: number }

function useColumns(described: Column<Row>[], _data: Data<Row>): Column<Row>[] {
	const counts = new Map(useLive<Count>('/methods/fwd/Counters').rows.filter(c => c.kind === 'defense').map(c => [c.rule, c]));
	const of = (r: Row) => counts.get(String(r['name']));

	return [...described, {
		id: 'discarded', label: t('defense.discarded'), wide: true, right: true, value: r => of(r)?.packets ?? 0,
		cell: r => <span class="num">{number(of(r)?.packets ?? 0)}</span>,
	}, {
		id: 'last', label: t('wall.last'), wide: true, value: r => of(r)?.last_ms ?? 0,
		cell: r => of(r)?.last_ms ? <Ago ms={of(r)!.last_ms} /> : <Muted>{t('wall.never')}</Muted>,
	}];
}

export const defense: Extra = { useColumns };
