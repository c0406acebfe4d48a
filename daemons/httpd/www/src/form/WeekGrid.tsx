// A week, drawn: it mirrors the text above it, and dragging over it writes the text.
import { useRef, useState } from 'preact/hooks';
import { clock, DAY, DAYS, isOpen, paint, readHours, STEP, writeHours, type Week } from '../hours';
import { t, type MsgId } from '../text';

interface Props { text: string; disabled?: boolean; onInput: (text: string) => void }
interface Place { day: number; min: number }

const ROW = 100, HOURS = [0, 6, 12, 18, 24];
const dayName = (d: number): string => t(`day.${DAYS[d]}` as MsgId);

const spansOf = (day: Week[number]): string => day.map(s => `${clock(s.from)}–${clock(s.to)}`).join(', ');

/** Each day's hours in words. */
function inWords(week: Week): string {
	return week.map((day, d) => `${dayName(d)} ${spansOf(day) || t('week.shut')}`).join('; ');
}

/** What was dragged over: these days, these minutes. */
function area(a: Place, b: Place): { days: number[]; span: { from: number; to: number } } {
	const [first, last] = [Math.min(a.day, b.day), Math.max(a.day, b.day)];

	return {
		days: Array.from({ length: last - first + 1 }, (_, i) => first + i),
		span: { from: Math.min(a.min, b.min), to: Math.max(a.min, b.min) + STEP },
	};
}

export function WeekGrid({ text, disabled, onInput }: Props) {
	const hours = readHours(text), svg = useRef<SVGSVGElement>(null);
	const [drag, setDrag] = useState<{ from: Place; to: Place; open: boolean } | null>(null);
	const twice = drag ? [] : hours.twice.map((day, d) => ({ day, d })).filter(x => x.day.length);
	const held = drag && area(drag.from, drag.to);
	const week = drag && held ? paint(hours.week, held.days, held.span, drag.open) : hours.week;

	const place = (e: PointerEvent): Place => {
		const box = svg.current!.getBoundingClientRect(), within = (n: number, most: number) => Math.max(0, Math.min(most, Math.floor(n)));

		return {
			day: within((e.clientY - box.top) / box.height * 7, 6),
			min: within((e.clientX - box.left) / box.width * (DAY / STEP), DAY / STEP - 1) * STEP,
		};
	};
	const done = () => {
		if (drag)
			onInput(writeHours({ week, rest: hours.rest }));
		setDrag(null);
	};

	return <div class="week">
		<div class="week-days" aria-hidden="true">{DAYS.map((_, d) => <span key={d}>{dayName(d)}</span>)}</div>
		<div class="week-grid">
			<svg ref={svg} viewBox={`0 0 ${DAY} ${7 * ROW}`} preserveAspectRatio="none" role="img" aria-label={inWords(hours.week)}
				class={disabled ? 'still' : ''}
				onPointerDown={e => {
					if (disabled || e.button)
						return;
					const p = place(e);

					svg.current!.setPointerCapture(e.pointerId);
					setDrag({ from: p, to: p, open: !isOpen(hours.week, p.day, p.min) });
				}}
				onPointerMove={e => { if (drag) setDrag({ ...drag, to: place(e) }); }}
				onPointerUp={done} onPointerCancel={() => setDrag(null)}>
				{week.map((day, d) => day.map(s =>
					<rect key={`${d} ${s.from}`} class="open" x={s.from} y={d * ROW + 8} width={s.to - s.from} height={ROW - 16} />))}
				{twice.map(({ day, d }) => day.map(s =>
					<rect key={`2 ${d} ${s.from}`} class="twice" x={s.from} y={d * ROW + 8} width={s.to - s.from} height={ROW - 16} />))}
				{DAYS.map((_, d) => d > 0 && <line key={d} x1={0} x2={DAY} y1={d * ROW} y2={d * ROW} />)}
				{HOURS.slice(1, -1).map(h => <line key={h} y1={0} y2={7 * ROW} x1={h * 60} x2={h * 60} />)}
			</svg>
			<div class="week-hours" aria-hidden="true">{HOURS.map(h => <span key={h}>{clock(h * 60)}</span>)}</div>
		</div>
		{twice.length > 0 && <p class="sm week-rest">{t('week.twice', { hours: twice.map(({ day, d }) => `${dayName(d)} ${spansOf(day)}`).join('; ') })}</p>}
		{hours.rest.length > 0 && <p class="sm muted week-rest">{t('week.rest', { rows: hours.rest.join('; ') })}</p>}
	</div>;
}
