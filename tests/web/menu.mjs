// Every page that the menu and its tabs lead to: there, accessible, not wider
// than a phone.
import { assert, look } from './stage.mjs';

const slug = href => href.replace(/^#\/?/, '').replaceAll('/', '-') || 'status';

const links = (page, css) => page.locator(css).evaluateAll(all => all.map(a => a.getAttribute('href')));

async function visit(page, href) {
	await page.goto(`/${href}`);
	await page.locator('main h1').waitFor();
	await page.locator('main').locator('table, form.card, .card').first().waitFor();
	await look(page, `page-${slug(href)}`);
}

async function group(page, title) {
	const css = `nav.nav > div:has(h2:text-is("${title}")) a`;
	const pages = await links(page, css);

	assert(pages.length, `pages under ${title}`);
	for (const href of pages) {
		await visit(page, href);
		for (const tab of await links(page, 'nav.tabs a:not([aria-current])'))
			await visit(page, tab);
	}
}

export const everyPage = Object.fromEntries(['Basic', 'Advanced', 'Security', 'System', 'Reports']
	.map(title => [`every page under ${title}`, ({ page }) => group(page, title)]));
