// The tabs of the page that is shown; main.tsx says them, PageHead shows them.
import { signal } from '@preact/signals';

export interface Tab { path: string; title: string }

export const tabs = signal<readonly Tab[]>([]);
