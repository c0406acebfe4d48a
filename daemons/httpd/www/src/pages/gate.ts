// What the pages before the door hand to one another; it dies with the tab.
import { signal } from '@preact/signals';

/** Said on the sign-in page: why one is here again. */
export const notice = signal<{ text: string; name?: string } | null>(null);

/** The first password, from the sign-in to where it is replaced. */
export const handOver = { password: '' };
