// Where we are: #/basic/extensions?q=ada&page=2. A link shows the same view.
import { computed, signal } from '@preact/signals';

const hash = signal(location.hash.slice(1) || '/');

addEventListener('hashchange', () => { hash.value = location.hash.slice(1) || '/'; });

export const path = computed(() => hash.value.split('?')[0] || '/');
export const query = computed(() => new URLSearchParams(hash.value.split('?')[1] ?? ''));

/** Changes some of the query in place; an empty value takes a member away. */
export function setQuery(change: Record<string, string>): void {
	const q = new URLSearchParams(query.value);

	for (const [k, v] of Object.entries(change)) {
		if (v)
			q.set(k, v);
		else
			q.delete(k);
	}
	const text = q.toString();

	hash.value = path.value + (text ? `?${text}` : '');
	history.replaceState(null, '', `#${hash.value}`);
}

export function go(to: string): void {
	location.hash = to;
}
