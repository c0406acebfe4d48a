// What was changed on the page and is not in force yet: the general switches and
// the common rules with their order. Pure: from what it began with to what the
// box is told.
import type { CommonRule, Firewall } from 'schema/types';
import type { Op, Row } from '../../api';

export interface Wall { general: Firewall; rules: readonly CommonRule[] }
export interface Draft { from: Wall; to: Wall }

/** One step of carrying a draft out. */
export type Step = { what: 'rules'; ops: Op[] } | { what: 'move'; key: string; position: number } | { what: 'general'; row: Row };

export type Mark = 'new' | 'changed' | 'moved';

const differing = <T extends object>(a: T, b: T): Row =>
	Object.fromEntries(Object.entries(b).filter(([k, v]) => (a as Record<string, unknown>)[k] !== v)) as Row;

/** Those outside of the longest run that kept its order: they really moved. */
export function movedKeys(was: readonly string[], now: readonly string[]): ReadonlySet<string> {
	const at = new Map(was.map((k, i) => [k, i])), seq = now.filter(k => at.has(k));
	const best: number[] = [], before: number[] = [];
	let end = -1;

	seq.forEach((k, i) => {
		best[i] = 1;
		before[i] = -1;
		for (let j = 0; j < i; j++) {
			if (at.get(seq[j]!)! < at.get(k)! && best[j]! + 1 > best[i]!) {
				best[i] = best[j]! + 1;
				before[i] = j;
			}
		}
		if (end < 0 || best[i]! > best[end]!)
			end = i;
	});
	const kept = new Set<string>();

	for (let i = end; i >= 0; i = before[i]!)
		kept.add(seq[i]!);
	return new Set(seq.filter(k => !kept.has(k)));
}

const names = (rules: readonly CommonRule[]) => rules.map(r => r.name);

/** What is different about each rule. */
export function marks({ from, to }: Draft): ReadonlyMap<string, Mark> {
	const was = new Map(from.rules.map(r => [r.name, r])), moved = movedKeys(names(from.rules), names(to.rules));
	const out = new Map<string, Mark>();

	for (const r of to.rules) {
		const old = was.get(r.name);

		if (!old)
			out.set(r.name, 'new');
		else if (Object.keys(differing(old, r)).length)
			out.set(r.name, 'changed');
		else if (moved.has(r.name))
			out.set(r.name, 'moved');
	}
	return out;
}

/** Moves that make one order of another: few, where few things moved. */
export function moves(was: readonly string[], now: readonly string[]): { key: string; position: number }[] {
	const order = [...was], loose = movedKeys(was, now), pushed = new Set<string>(), out: { key: string; position: number }[] = [];
	const put = (key: string, i: number) => {
		order.splice(order.indexOf(key), 1);
		order.splice(i, 0, key);
		out.push({ key, position: i + 1 });
	};

	now.forEach((key, i) => {
		/* what is in the way and goes down anyway, goes first */
		for (let s = order[i]!; s !== key && loose.has(s) && !pushed.has(s) && !loose.has(key); s = order[i]!) {
			pushed.add(s);
			put(s, now.indexOf(s));
		}
		if (order[i] !== key)
			put(key, i);
	});
	return out;
}

/** What the box must be told, in this order. */
export function steps({ from, to }: Draft): Step[] {
	const was = new Map(from.rules.map(r => [r.name, r])), now = new Set(names(to.rules)), ops: Op[] = [], out: Step[] = [];
	const general = differing(from.general, to.general);

	for (const r of from.rules)
		if (!now.has(r.name))
			ops.push({ op: 'delete', key: r.name });
	for (const r of to.rules) {
		const old = was.get(r.name), row = old ? differing(old, r) : r as unknown as Row;

		if (!old || Object.keys(row).length)
			ops.push({ op: old ? 'put' : 'create', key: r.name, row });
	}
	if (ops.length)
		out.push({ what: 'rules', ops });
	/* new ones come at the end; then each goes to its place */
	const order = [...from.rules.filter(r => now.has(r.name)), ...to.rules.filter(r => !was.has(r.name))].map(r => r.name);

	for (const m of moves(order, names(to.rules)))
		out.push({ what: 'move', ...m });
	if (Object.keys(general).length)
		out.push({ what: 'general', row: general });
	return out;
}

/** How many things differ, as people count them. */
export function count(d: Draft): number {
	const gone = d.from.rules.filter(r => !d.to.rules.some(x => x.name === r.name)).length;

	return marks(d).size + gone + Object.keys(differing(d.from.general, d.to.general)).length;
}

export const gone = (d: Draft): readonly CommonRule[] => d.from.rules.filter(r => !d.to.rules.some(x => x.name === r.name));
export const generalChanges = (d: Draft): Row => differing(d.from.general, d.to.general);
export const ruleChanges = (d: Draft, r: CommonRule): Row => differing(d.from.rules.find(x => x.name === r.name) ?? r, r);
