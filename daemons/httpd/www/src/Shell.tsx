// What stands around every page: menu, live figures, who is signed in.
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { api, login } from './api';
import { mayRead } from './forms';
import { connected, live } from './live';
import { GROUPS, groupTitle, items, titleOf } from './menu';
import { path } from './route';
import { Search, SearchButton } from './search/Search';
import { THEMES, theme, type Theme } from './theme';
import { number, t, type MsgId } from './text';
import { Logo } from './ui/bits';
import { Menu } from './ui/Menu';
import { Toast } from './ui/toast';

function Nav({ open, close }: { open: boolean; close: () => void }) {
	const all = items(), here = all.find(i => i.path === path.value), at = here?.under ?? path.value;

	return <nav class={`nav ${open ? 'open' : ''}`} id="nav" aria-label={t('nav.label')} onClick={close}
		onKeyDown={e => { if (e.key === 'Escape') close(); }}>
		<div class="brand"><Logo />Sallyport</div>
		{GROUPS.map(g => {
			const mine = all.filter(i => i.group === g && !i.under);

			return mine.length > 0 && <div key={g}>
				{g && <h2>{groupTitle(g)}</h2>}
				{mine.map(i => <a key={i.path} href={`#${i.path}`} aria-current={at === i.path ? 'page' : undefined}>{titleOf(i)}</a>)}
			</div>;
		})}
	</nav>;
}

function Figures() {
	const l = live.value, old = connected.value ? '' : 'old';

	return <ul class={`live ${old}`} aria-label={t('live.label')}>
		<li><span class={`dot ${connected.value ? 'ok' : 'danger'}`} />{t(connected.value ? 'live.up' : 'live.down')}</li>
		<li><a href="#/">{t('live.calls')} <b>{l ? number(l.calls) : '–'}</b></a></li>
		<li class="wide"><a href="#/basic/extensions?show=registered">
			{t('live.registered')} <b>{l ? `${number(l.registered)} / ${number(l.extensions)}` : '–'}</b>
		</a></li>
		{mayRead('rejected') && <li class="wide"><a href="#/security/rejected">{t('live.bans')} <b>{l ? number(l.bans) : '–'}</b></a></li>}
	</ul>;
}

export const signOut = async (): Promise<void> => {
	await api('DELETE', '/session').catch(() => undefined);
	login.value = { signed_in: false };
	location.hash = '/';
};

function UserMenu() {
	return <Menu class="user" label={login.value?.account}>
		<label for="theme">{t('theme')}</label>
		<select id="theme" value={theme.value} onChange={e => { theme.value = e.currentTarget.value as Theme; }}>
			{THEMES.map(x => <option key={x} value={x}>{t(`theme.${x}` as MsgId)}</option>)}
		</select>
		{login.value?.role !== 'extension' && <a href="#/password">{t('password.change')}</a>}
		<button onClick={() => { void signOut(); }}>{t('signout')}</button>
	</Menu>;
}

export function Shell({ children }: { children: ComponentChildren }) {
	const [open, setOpen] = useState(false), main = useRef<HTMLElement>(null);

	return <div class="shell">
		<a class="skip" href="#main" onClick={e => { e.preventDefault(); main.current?.focus(); }}>{t('skip')}</a>
		<Nav open={open} close={() => setOpen(false)} />
		{open && <div class="veil" onClick={() => setOpen(false)} />}
		<div class="rest">
			<header class="top">
				<button class="menu-button icon ghost" aria-label={t('menu')} aria-expanded={open} aria-controls="nav" onClick={() => setOpen(!open)}>
					<span class="bars" aria-hidden="true"><i /><i /><i /></span>
				</button>
				<Figures />
				<span class="grow" />
				<SearchButton />
				<UserMenu />
			</header>
			<main id="main" ref={main} tabIndex={-1}>{children}<Search /></main>
		</div>
		<Toast />
	</div>;
}
