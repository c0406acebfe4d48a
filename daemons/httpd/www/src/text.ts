// Words and figures for people. Every text of a page comes through t().
import { en, type MsgId } from './en';

export type { MsgId };
export type Values = Record<string, string | number>;

const locale = 'en-GB';
const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
const figures = new Intl.NumberFormat(locale);

/** The text of a message; {name} in it becomes values.name. */
export function t(id: MsgId, values: Values = {}): string {
	return en[id].replace(/\{(\w+)\}/g, (all, name: string) => {
		const v = values[name];

		return v === undefined ? all : typeof v === 'number' ? figures.format(v) : v;
	});
}

export const hasText = (id: string): boolean => id in en;

/** The same for a count: the message ID.one or ID.other, with {n}. */
export function tn(id: string, n: number, values: Values = {}): string {
	const form = n === 1 ? `${id}.one` : `${id}.other`;

	return t(form as MsgId, { ...values, n });
}

/** A value of an enum (of that field) in words; one that nobody named is shown as it is. */
export function enumText(value: string, field?: string): string {
	const own = `value.${field}.${value}`, id = own in en ? own : `value.${value}`;

	if (id in en)
		return en[id as MsgId];
	const words = value.toLowerCase().replaceAll('_', ' ');

	return words.charAt(0).toUpperCase() + words.slice(1);
}

export const number = (n: number): string => figures.format(n);

export const decimal = (n: number, places: number): string =>
	n.toLocaleString(locale, { minimumFractionDigits: places, maximumFractionDigits: places });

const STEPS = [[86400, 'unit.d'], [3600, 'unit.h'], [60, 'unit.min'], [1, 'unit.s']] as const;

/** 5400 -> "1 h 30 min": the two largest units. */
export function duration(seconds: number): string {
	const parts: string[] = [];
	let rest = Math.max(0, Math.round(seconds));

	for (const [size, unit] of STEPS) {
		if (rest >= size && parts.length < 2) {
			parts.push(t(unit, { n: Math.floor(rest / size) }));
			rest %= size;
		} else if (parts.length) {
			break;
		}
	}
	return parts.length ? parts.join(' ') : t('unit.s', { n: 0 });
}

/** A call's clock: 0:07, 12:30, 1:02:03. */
export function lasting(seconds: number): string {
	const s = Math.max(0, Math.floor(seconds)), two = (n: number) => String(n).padStart(2, '0');
	const head = s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}` : `${Math.floor(s / 60)}`;

	return `${head}:${two(s % 60)}`;
}

/** A moment: the clock today, else date and clock. */
export function moment(ms: number): string {
	const d = new Date(ms);

	return d.toDateString() === new Date().toDateString() ? clock.format(d) : dateTime.format(d);
}

export const fullMoment = (ms: number): string => dateTime.format(new Date(ms));

/** "3 minutes ago", "in 2 hours". */
export function ago(ms: number, now: number): string {
	const s = Math.round((ms - now) / 1000), size = Math.abs(s);

	/* two clocks differ by a little */
	if (size < 3)
		return t('now');
	if (size < 60)
		return relative.format(s, 'second');
	if (size < 3600)
		return relative.format(Math.round(s / 60), 'minute');
	if (size < 86400)
		return relative.format(Math.round(s / 3600), 'hour');
	return relative.format(Math.round(s / 86400), 'day');
}

const collator = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });

/** Orders texts as people do: 9 before 10. */
export const compare = (a: string, b: string): number => collator.compare(a, b);
