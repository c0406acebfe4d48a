// Money is counted in thousandths; its name is a setting of the box.
import { signal } from '@preact/signals';
import type { RouteSettings } from 'schema/types';
import { get, tablePath } from './api';
import { mayRead } from './forms';
import { on, type Changed } from './live';
import { decimal } from './text';

const currency = signal('');

/** 12500 -> "12.50 EUR"; three figures where the last one counts. */
export const money = (milli: number): string => `${decimal(milli / 1000, milli % 10 ? 3 : 2)} ${currency.value}`.trim();

/** As a form shows and takes it: 12500 -> "12.50". */
export const moneyText = (milli: number): string => (milli / 1000).toFixed(milli % 10 ? 3 : 2);

/** What was typed, in thousandths; NaN: it is no money. A comma will do. */
export const readMoney = (text: string): number =>
	/^\d{1,12}([.,]\d{0,3})?$/.test(text.trim()) ? Math.round(Number(text.trim().replace(',', '.')) * 1000) : NaN;

export const currencyName = (): string => currency.value;

/** Keeps its name fresh until the returned function is called. */
export function watchCurrency(): () => void {
	const read = () => {
		if (mayRead('route_settings'))
			get<{ rows: RouteSettings[] }>(tablePath('routed', 'route_settings'))
				.then(a => { currency.value = a.rows[0]?.currency ?? ''; }, () => undefined);
	};

	read();
	return on('changed', d => { if ((d as Changed).table === 'route_settings') read(); });
}
