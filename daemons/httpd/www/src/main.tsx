import './css/tokens.css';
import './css/base.css';
import './css/shell.css';
import './css/list.css';
import './css/form.css';
import './css/pages.css';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { askLogin, asError, login, type ApiError } from './api';
import { forms, loadForms } from './forms';
import { listen } from './live';
import { items, tabsOf, titleOf } from './menu';
import { watchCurrency } from './money';
import { Mine } from './pages/Mine';
import { Password } from './pages/Password';
import { SignIn } from './pages/SignIn';
import { path } from './route';
import { Shell } from './Shell';
import { t } from './text';
import './theme';
import { Failed, PageHead, Skeleton } from './ui/bits';
import { lazy } from './ui/lazy';
import { tabs } from './ui/tabs';

const TablePage = lazy(() => import('./pages/TablePage').then(m => m.TablePage));
const RecordsPage = lazy(() => import('./pages/records/RecordsPage').then(m => m.RecordsPage));

function Page() {
	const all = items(), item = all.find(i => i.path === path.value);
	const family = item ? tabsOf(all, item).map(i => ({ path: i.path, title: titleOf(i) })) : [];

	useEffect(() => { tabs.value = family; }, [JSON.stringify(family)]);
	if (path.value === '/password')
		return <Password />;
	if (!item)
		return <><PageHead title={t('nopage')} /><p><a href="#/">{t('nopage.back')}</a></p></>;
	if (item.page)
		return <item.page />;
	const form = forms.value[item.table ?? item.records ?? ''];

	if (!form)
		return <Skeleton />;
	return item.records ? <RecordsPage key={path.value} form={form} title={titleOf(item)} />
		: <TablePage key={path.value} form={form} title={titleOf(item)} />;
}

/** Signed in: the descriptions are read once, then the box tells what is new. */
function Staff() {
	const [ready, setReady] = useState(false), [error, setError] = useState<ApiError>();
	const load = () => { loadForms().then(() => { setReady(true); setError(undefined); }, e => setError(asError(e))); };

	useEffect(load, []);
	useEffect(() => listen(), []);
	useEffect(() => ready ? watchCurrency() : undefined, [ready]);
	if (error)
		return <Shell><Failed error={error} at={0} retry={load} /></Shell>;
	return <Shell>{ready ? <Page /> : <Skeleton />}</Shell>;
}

function App() {
	const l = login.value, [error, setError] = useState<ApiError>();
	const ask = () => { askLogin().then(() => setError(undefined), e => setError(asError(e))); };

	useEffect(ask, []);
	if (error && !l)
		return <div class="gate"><Failed error={error} at={0} retry={ask} /></div>;
	if (!l)
		return <div class="gate"><Skeleton /></div>;
	if (!l.signed_in)
		return <SignIn />;
	if (l.must_change)
		return <Password first />;
	return l.role === 'extension' ? <Mine /> : <Staff key={l.account} />;
}

render(<App />, document.getElementById('app')!);
