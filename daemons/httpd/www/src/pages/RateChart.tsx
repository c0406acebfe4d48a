// What the busiest senders need, as bars with the limit as a line through them.
// The figures stand beside the bars: who does not see those misses nothing.
import { number, t } from '../text';

interface Bar { need: number; who: string }

/* the width of the drawing, in its own units */
const WIDE = 1000, HIGH = 20, ROOM = 1.05;

/** "801 192.168.1.101 (801); 12 203.0.113.9", as the box tells it. */
const barsOf = (top: string): Bar[] => top.split('; ').flatMap(s => {
	const found = /^(\d+) (.+)$/.exec(s);

	return found ? [{ need: Number(found[1]), who: found[2]! }] : [];
});

export function RateChart({ top, limit, seconds }: { top: string; limit: number; seconds: number }) {
	const bars = barsOf(top), most = Math.max(limit, ...bars.map(b => b.need)) * ROOM, at = (n: number) => n / most * WIDE;

	if (!bars.length)
		return null;
	return <figure class="rates">
		<figcaption class="sm">{t('rate.chart', { seconds, limit: number(limit) })}</figcaption>
		<ul>{bars.map(b => <li key={b.who} class={b.need > limit ? 'cut' : ''}>
			<span class="mono who">{b.who}</span>
			<svg viewBox={`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" aria-hidden="true">
				<rect y={4} height={HIGH - 8} width={at(b.need)} />
				<line x1={at(limit)} x2={at(limit)} y1={0} y2={HIGH} />
			</svg>
			<span class="num">{number(b.need)}{b.need > limit && ` ${t('rate.over')}`}</span>
		</li>)}</ul>
	</figure>;
}
