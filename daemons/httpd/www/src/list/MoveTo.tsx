// "Move to…": the place of a row, typed.
import { useState } from 'preact/hooks';
import { t } from '../text';
import { Dialog } from '../ui/Dialog';
import type { Order } from './order';

export function MoveTo({ k, order, onClose }: { k: string; order: Order; onClose: () => void }) {
	const [at, setAt] = useState(String(order.keys.indexOf(k) + 1)), of = order.keys.length;
	const ok = /^\d+$/.test(at) && Number(at) >= 1 && Number(at) <= of;

	return <Dialog title={t('order.to', { what: order.nameOf(k) })} onClose={onClose} onSubmit={() => {
		if (!ok)
			return;
		order.move(k, Number(at) - 1);
		onClose();
	}} footer={close => <>
		<button type="button" onClick={close}>{t('cancel')}</button>
		<button class="primary" disabled={!ok}>{t('order.do')}</button>
	</>}>
		<div class="field">
			<label for="order-at">{t('order.place', { of })}</label>
			<input id="order-at" class="figure" inputMode="numeric" value={at} aria-invalid={ok ? undefined : true}
				onInput={e => setAt(e.currentTarget.value)} />
		</div>
	</Dialog>;
}
