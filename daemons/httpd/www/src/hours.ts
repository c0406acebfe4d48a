// Hours of the week as text (routed/plan/hours.h) and as a week that can be
// drawn. What has dates or months is no matter of every week and is kept as text.

export const DAY = 1440, STEP = 30;
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Minutes of a day, the last one excluded. */
export interface Span { from: number; to: number }
/** What is open, Monday first, each day in order and merged. */
export type Week = Span[][];
/** `twice`: what several rows open. */
export interface Hours { week: Week; rest: string[]; twice: Week }

const pad = (n: number) => String(n).padStart(2, '0');
export const clock = (min: number): string => `${pad(Math.floor(min / 60))}:${pad(min % 60)}`;

function merged(spans: Span[]): Span[] {
	const out: Span[] = [];

	for (const s of [...spans].sort((a, b) => a.from - b.from)) {
		const last = out.at(-1);

		if (last && s.from <= last.to)
			last.to = Math.max(last.to, s.to);
		else if (s.to > s.from)
			out.push({ ...s });
	}
	return out;
}

/** Where spans lie over each other. */
function overlaps(spans: Span[]): Span[] {
	const out: Span[] = [], order = [...spans].sort((a, b) => a.from - b.from);
	let end = 0;

	for (const s of order) {
		if (s.from < end)
			out.push({ from: s.from, to: Math.min(s.to, end) });
		end = Math.max(end, s.to);
	}
	return merged(out);
}

/** mon-fri, sat: which days; null: no word for days. */
function daysOf(word: string): number[] | null {
	const [a, b = a] = word.toLowerCase().split('-'), from = DAYS.indexOf(a as 'mon'), to = DAYS.indexOf(b as 'mon');

	if (from < 0 || to < 0)
		return null;
	return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, i) => (from + i) % 7);
}

function timesOf(word: string): Span | null {
	const m = /^(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)$/.exec(word);

	if (!m)
		return null;
	const from = Number(m[1]) * 60 + Number(m[2]), to = Number(m[3]) * 60 + Number(m[4]);

	return { from, to: to > from ? to : to + DAY };
}

/** One row; false: it is no matter of every week. */
function readRow(row: string, week: Week): boolean {
	const words = row.split(/[\s,]+/).filter(Boolean), days: number[] = [], times: Span[] = [];

	for (const w of words) {
		const d = daysOf(w), s = timesOf(w);

		if (d && !times.length)
			days.push(...d);
		else if (s && s.from < DAY && s.to <= 2 * DAY)
			times.push(s);
		else
			return false;
	}
	for (const d of days.length ? days : DAYS.keys()) {
		for (const s of times.length ? times : [{ from: 0, to: DAY }]) {
			week[d]!.push({ from: s.from, to: Math.min(s.to, DAY) });
			if (s.to > DAY)
				week[(d + 1) % 7]!.push({ from: 0, to: s.to - DAY });
		}
	}
	return true;
}

export function readHours(text: string): Hours {
	const week: Week = DAYS.map(() => []), rows = text.split(';').map(r => r.trim()).filter(Boolean);
	const rest = rows.filter(r => !readRow(r, week));

	return { week: week.map(merged), rest, twice: week.map(overlaps) };
}

/** A night is one row of the day on which it begins. */
function nights(week: Week): Week {
	const out = week.map(d => d.map(s => ({ ...s })));

	week.forEach((day, d) => {
		const late = day.at(-1), next = (d + 1) % 7, early = week[next]![0];

		if (late?.to !== DAY || late.from === 0 || early?.from !== 0 || early.to === DAY || early.to >= late.from)
			return;
		out[d]!.find(s => s.to === DAY)!.to = DAY + early.to;
		out[next] = out[next]!.filter(s => s.from !== 0);
	});
	return out;
}

const times = (day: Span[]): string => day.map(s => `${clock(s.from)}-${clock(s.to > DAY ? s.to - DAY : s.to)}`).join(',');

/** mon-fri, or mon,wed */
function dayWords(days: number[]): string {
	const runs: number[][] = [];

	for (const d of days) {
		const run = runs.at(-1);

		if (run && d === run.at(-1)! + 1)
			run.push(d);
		else
			runs.push([d]);
	}
	return runs.map(r => r.length > 1 ? `${DAYS[r[0]!]}-${DAYS[r.at(-1)!]}` : DAYS[r[0]!]).join(',');
}

export function writeHours({ week, rest }: Omit<Hours, 'twice'>): string {
	const rows = new Map<string, number[]>();

	nights(week).forEach((day, d) => {
		if (day.length)
			rows.set(times(day), [...rows.get(times(day)) ?? [], d]);
	});
	return [...[...rows].map(([t, days]) => `${dayWords(days)} ${t}`), ...rest].join('; ');
}

export const isOpen = (week: Week, day: number, min: number): boolean => week[day]!.some(s => min >= s.from && min < s.to);

/** Opens or shuts the same hours of some days. */
export function paint(week: Week, days: readonly number[], span: Span, open: boolean): Week {
	return week.map((day, d) => {
		if (!days.includes(d))
			return day;
		if (open)
			return merged([...day, span]);
		return merged(day.flatMap(s => [{ from: s.from, to: Math.min(s.to, span.from) }, { from: Math.max(s.from, span.to), to: s.to }]));
	});
}
