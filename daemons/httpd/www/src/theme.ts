// Light, dark, or as the system has it; kept in this browser.
import { effect, signal } from '@preact/signals';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const wanted = localStorage.getItem('theme') as Theme | null;
const dark = matchMedia('(prefers-color-scheme: dark)');
const systemDark = signal(dark.matches);

export const theme = signal<Theme>(wanted && THEMES.includes(wanted) ? wanted : 'system');

dark.addEventListener('change', () => { systemDark.value = dark.matches; });
effect(() => {
	const now = theme.value === 'system' ? (systemDark.value ? 'dark' : 'light') : theme.value;

	document.documentElement.dataset['theme'] = now;
	localStorage.setItem('theme', theme.value);
});
