// Patterns of dialled numbers as far as a page needs them: to say at once what
// one takes. Whether it is right at all, the box says (routed/plan/pattern.c).

const DIGITS = '0123456789', ALL = `${DIGITS}*#+`;
const CLASSES: Record<string, string> = { X: DIGITS, Z: '123456789', N: '23456789', '.': ALL, '!': ALL };

/** One place: what may stand there, and how often. */
interface Item { set: string; many: '' | '.' | '!' }

function setOf(inside: string): string {
	return inside.replace(/(\d)-(\d)/g, (_, a: string, b: string) => DIGITS.slice(Number(a), Number(b) + 1));
}

/** The places of a pattern; null: it is none. */
export function items(text: string): Item[] | null {
	const out: Item[] = [], s = text.replace(/^_/, '');

	for (let i = 0; i < s.length; i++) {
		const c = s[i]!.toUpperCase(), end = c === '[' ? s.indexOf(']', i) : i;
		const set = c === '[' ? setOf(s.slice(i + 1, end)) : CLASSES[c] ?? (ALL.includes(c) ? c : '');

		if (c === '-')
			continue;
		if (!set || end < i || out.at(-1)?.many)
			return null;
		out.push({ set, many: c === '.' || c === '!' ? c : '' });
		i = end;
	}
	return out.length ? out : null;
}

const escape = (set: string) => set.replace(/[*+#]/g, '\\$&');

export function takes(pattern: string, number: string): boolean {
	const all = items(pattern);

	return !!all && new RegExp(`^${all.map(i => `[${escape(i.set)}]${i.many === '.' ? '+' : i.many ? '*' : ''}`).join('')}$`).test(number);
}

/* 1, 2, 3 ... as far as the place lets them */
const pick = (set: string, i: number): string => set.length === 1 ? set : set.includes(DIGITS[(i + 1) % 10]!) ? DIGITS[(i + 1) % 10]! : set[0]!;

/** A number that the pattern takes. */
export function example(pattern: string): string {
	const all = items(pattern) ?? [], head = all.filter(i => !i.many).map((i, n) => pick(i.set, n)).join('');

	return all.at(-1)?.many ? (head + '5550199').slice(0, Math.max(head.length + 4, 8)) : head;
}

/** What is sent for a number: first less at its front, then more. */
export const sent = (number: string, strip: number, prepend: string): string => prepend + number.slice(strip);
