// Rows whose order people choose: a handle to drag or to move by keys, two
// buttons, and a place to type for the far ones.
import { useSignal, type Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { asError } from '../api';
import { t } from '../text';
import { toast } from '../ui/toast';
import type { Column } from './useList';

export interface Order {
	/** The keys in their order. */
	keys: readonly string[];
	nameOf: (key: string) => string;
	/** To a place counted from 0. */
	move: (key: string, to: number) => void;
	/** What was moved where, for those who hear the page. */
	said: Signal<string>;
	dragged: Signal<string>;
	over: Signal<string>;
	/** Asks for a number. */
	ask?: (key: string) => void;
	/** Something beside the place. */
	note?: (key: string) => ComponentChildren;
}

const handleId = (key: string) => `move-${key}`;

/** Takes `key` out and puts it at place `to`. */
export function moved(keys: readonly string[], key: string, to: number): string[] {
	const rest = keys.filter(k => k !== key);

	rest.splice(Math.max(0, Math.min(to, rest.length)), 0, key);
	return rest;
}

/** What an order needs besides its keys; `put` is told of each new order. */
export function useOrderBy(keys: readonly string[], nameOf: Order['nameOf'], put: (next: string[], key: string, at: number) => void): Order {
	const said = useSignal(''), dragged = useSignal(''), over = useSignal('');

	function move(key: string, to: number): void {
		const next = moved(keys, key, to), at = next.indexOf(key);

		if (at === keys.indexOf(key))
			return;
		said.value = t('order.said', { what: nameOf(key), at: at + 1, of: next.length });
		requestAnimationFrame(() => document.getElementById(handleId(key))?.focus());
		put(next, key, at);
	}

	return { keys, nameOf, move, said, dragged, over };
}

/**
 * An order that is shown at once and told to `send` one move after the other;
 * when one fails, the box's own order is shown again.
 */
export function useOrder(keys: readonly string[], nameOf: Order['nameOf'], send: (key: string, to: number) => Promise<unknown>,
	settled: () => void): Order {
	const wanted = useSignal<readonly string[] | null>(null);
	const queue = useRef(Promise.resolve()), waiting = useRef(0), seen = useRef(keys);

	/* what the box says now counts, once it has heard everything */
	if (seen.current !== keys && !waiting.current) {
		seen.current = keys;
		wanted.value = null;
	}
	return useOrderBy(wanted.value ?? keys, nameOf, (next, key, at) => {
		wanted.value = next;
		waiting.current++;
		queue.current = queue.current.then(() => send(key, at)).then(() => undefined, e => {
			wanted.value = null;
			toast(asError(e).message);
		}).then(() => {
			if (--waiting.current === 0)
				settled();
		});
	});
}

function Handle({ k, o }: { k: string; o: Order }) {
	const at = o.keys.indexOf(k), last = o.keys.length - 1;
	const keys: Record<string, number> = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: last };

	return <button type="button" id={handleId(k)} class="handle" draggable aria-label={t('order.handle', { what: o.nameOf(k), at: at + 1, of: last + 1 })}
		onDragStart={e => { o.dragged.value = k; e.dataTransfer?.setData('text/plain', k); }}
		onDragEnd={() => { o.dragged.value = ''; o.over.value = ''; }}
		onKeyDown={e => {
			const to = keys[e.key];

			if (to === undefined)
				return;
			e.preventDefault();
			if (to >= 0 && to <= last)
				o.move(k, to);
		}}><span aria-hidden="true">⠿</span></button>;
}

function Steps({ k, o }: { k: string; o: Order }) {
	const at = o.keys.indexOf(k), what = o.nameOf(k);

	return <span class="steps">
		<button type="button" class="ghost icon small" aria-label={t('order.up', { what })} disabled={at === 0} onClick={() => o.move(k, at - 1)}>↑</button>
		<button type="button" class="ghost icon small" aria-label={t('order.down', { what })} disabled={at === o.keys.length - 1}
			onClick={() => o.move(k, at + 1)}>↓</button>
		{o.ask && o.keys.length > 3 && <button type="button" class="ghost icon small" aria-label={t('order.to', { what })} onClick={() => o.ask?.(k)}>↕</button>}
	</span>;
}

/** The columns with the handle and the place before them. Nothing sorts: the order is the matter. */
export function orderColumns<T>(columns: readonly Column<T>[], keyOf: (row: T) => string, o: Order): Column<T>[] {
	return [{
		id: 'order', label: t('order'), cell: r => <span class="order">
			<Handle k={keyOf(r)} o={o} /><span class="num">{o.keys.indexOf(keyOf(r)) + 1}</span>{o.note?.(keyOf(r))}<Steps k={keyOf(r)} o={o} />
		</span>,
	}, ...columns.map(c => ({ ...c, value: undefined }))];
}

/** What a row does while another is dragged over it. */
export const dropOn = (key: string, o: Order) => ({
	class: o.over.value === key && o.dragged.value !== key ? 'over' : undefined,
	onDragOver: (e: DragEvent) => {
		if (!o.dragged.value)
			return;
		e.preventDefault();
		o.over.value = key;
	},
	onDrop: (e: DragEvent) => {
		e.preventDefault();
		if (o.dragged.value && o.dragged.value !== key)
			o.move(o.dragged.value, o.keys.indexOf(key));
		o.dragged.value = o.over.value = '';
	},
});
