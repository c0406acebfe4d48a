// Small things that stand on many pages.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ApiError } from '../api';
import { now } from '../live';
import { path } from '../route';
import { ago, fullMoment, moment, t } from '../text';
import { tabs } from './tabs';

export type Tone = 'ok' | 'warn' | 'danger' | 'info' | '';

export const Badge = ({ tone = '', title, children }: { tone?: Tone; title?: string; children: ComponentChildren }) =>
	<span class={`badge ${tone}`} title={title}>{children}</span>;

export const Muted = ({ children }: { children: ComponentChildren }) => <span class="muted">{children}</span>;

export const Alert = ({ children }: { children: ComponentChildren }) =>
	<div class="banner danger" role="alert">{children}</div>;

export const Logo = () => <svg viewBox="0 0 32 32" aria-hidden="true">
	<rect width="32" height="32" rx="7" class="logo-ground" />
	<path d="M7 26V12h3V9h3v3h6V9h3v3h3v14h-6v-6a3 3 0 0 0-6 0v6z" class="logo-gate" />
</svg>;

/** A moment, with the whole date on it. */
export const Moment = ({ ms, none }: { ms: number; none?: string }) => ms
	? <time dateTime={new Date(ms).toISOString()} title={fullMoment(ms)}>{moment(ms)}</time>
	: <Muted>{none ?? '–'}</Muted>;

/** "3 minutes ago", by the clock. */
export const Ago = ({ ms }: { ms: number }) =>
	<time dateTime={new Date(ms).toISOString()} title={fullMoment(ms)}>{ago(ms, now.value)}</time>;

/** Grey lines, but only for what takes longer than 300 ms. */
export function Skeleton() {
	const [late, setLate] = useState(false);

	useEffect(() => {
		const timer = setTimeout(() => setLate(true), 300);

		return () => clearTimeout(timer);
	}, []);
	return <div class="skeleton" aria-busy="true">
		<span class="vh">{t('loading')}</span>
		{late && [0, 1, 2].map(i => <i key={i} />)}
	</div>;
}

/** What failed, how old the shown rows are, and how to try again. */
export function Failed({ error, at, retry }: { error: ApiError; at: number; retry: () => void }) {
	return <div class="banner danger" role="alert">
		<span class="grow">
			{error.daemon ? t('error.silent', { daemon: error.daemon }) : error.message}
			{at > 0 && ` ${t('error.asof', { time: moment(at) })}`}
		</span>
		<button onClick={retry}>{t('again')}</button>
	</div>;
}

export function CopyButton({ text, label }: { text: string; label: string }) {
	const [done, setDone] = useState(false);

	const copy = () => {
		void navigator.clipboard.writeText(text).then(() => {
			setDone(true);
			setTimeout(() => setDone(false), 2000);
		});
	};

	return <button type="button" onClick={copy}>
		{done ? t('copied') : t('copy')}<span class="vh"> {label}</span>
		<span class="vh" role="status">{done ? t('copied') : ''}</span>
	</button>;
}

/** The pages that belong together, beside the title. */
const Tabs = ({ label }: { label: string }) => <nav class="tabs" aria-label={label}>
	{tabs.value.map(x => <a key={x.path} href={`#${x.path}`} aria-current={x.path === path.value ? 'page' : undefined}>{x.title}</a>)}
</nav>;

export function PageHead({ title, count, children }: { title: string; count?: number; children?: ComponentChildren }) {
	useEffect(() => { document.title = t('title', { page: title }); }, [title]);
	return <div class="page-head">
		<h1>{title}</h1>
		{count !== undefined && <Badge>{count}</Badge>}
		{tabs.value.length > 0 && <Tabs label={t('tabs.label')} />}
		<span class="grow" />
		{children}
	</div>;
}
