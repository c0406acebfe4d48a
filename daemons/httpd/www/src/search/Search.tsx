// The way to the search: a button that stands on every page, and the key "/".
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../text';
import { lazy } from '../ui/lazy';

const Finder = lazy(() => import('./Finder').then(m => m.Finder));
const open = signal(false);

export const SearchButton = () => <button class="find" aria-keyshortcuts="/" onClick={() => { open.value = true; }}>
	<svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="7" cy="7" r="4.5" /><path d="m10.5 10.5 4 4" /></svg>
	<span class="find-word">{t('find')}</span><kbd aria-hidden="true">/</kbd>
</button>;

/** The search itself, where it is wanted: within the page's main part. */
export function Search() {
	useEffect(() => {
		const key = (e: KeyboardEvent) => {
			const typing = (e.target as HTMLElement).closest('input, textarea, select') ?? document.querySelector('dialog[open]');

			if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || typing)
				return;
			e.preventDefault();
			open.value = true;
		};

		addEventListener('keydown', key);
		return () => removeEventListener('keydown', key);
	}, []);
	return open.value ? <Finder onClose={() => { open.value = false; }} /> : null;
}
