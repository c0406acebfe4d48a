// Where a trunk is named: its place in each dial rule, the calls in that it is
// asked about, and what happens to all of them without it.
import type { DialRule, Emergency, InboundRule, Trunk } from 'schema/types';
import { useTable } from '../data';

const names = (list: string): string[] => list.split(';').filter(Boolean);

export interface TrunkUse {
	/** The dial rules that name it, with their trunks in the order in which they are tried. */
	rules: { name: string; order: string[] }[];
	inbound: string[];
	/** Rules in use that have no other trunk in use. */
	stranded: string[];
	/** Rules in use that go on over another one. */
	spared: string[];
	/** Emergency numbers, where it is the last trunk in use: they try all there are. */
	emergency: string[];
}

export function useTrunkUse(): (trunk: string) => TrunkUse {
	const rules = useTable<DialRule>('routed', 'dial_rule').rows, inbound = useTable<InboundRule>('routed', 'inbound_rule').rows;
	const numbers = useTable<Emergency>('routed', 'emergency').rows, trunks = useTable<Trunk>('sipd', 'trunk').rows;
	const on = trunks.filter(x => x.enabled).map(x => x.name);

	return trunk => {
		const mine = rules.filter(r => names(r.trunks).includes(trunk)), others = on.filter(x => x !== trunk);
		const goesOn = (r: DialRule) => names(r.trunks).some(x => others.includes(x)), live = mine.filter(r => r.enabled);

		return {
			rules: mine.map(r => ({ name: r.name, order: names(r.trunks) })),
			inbound: inbound.filter(r => r.trunk === trunk).map(r => r.name),
			stranded: live.filter(r => !goesOn(r)).map(r => r.name),
			spared: live.filter(goesOn).map(r => r.name),
			emergency: others.length ? [] : numbers.map(n => n.number),
		};
	};
}
