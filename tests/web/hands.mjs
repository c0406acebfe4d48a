// What the scenarios do again and again: find a row, go to a page, sign in.
export const OWN = 'Quiet.Harbour+2041-lamp';

/** What one scenario learns and a later one needs. */
export const known = { name: '', made: '' };

export const row = (page, key) => page.locator(`tr[data-key="${key}"]`);
export const button = (at, text) => at.getByRole('button', { name: text, exact: false });
export const toast = (page, text) => page.locator('.toast').filter({ hasText: text }).waitFor();
export const heading = (page, text) => page.getByRole('heading', { level: 1, name: text }).waitFor();
export const fill = async (page, label, text) => page.getByLabel(label, { exact: true }).fill(text);
export const answered = (page, path, method) =>
	page.waitForResponse(r => r.url().includes(path) && r.request().method() === method);

/** By the menu, and then by a tab if the page has some. */
export async function menu(page, text, tab) {
	await page.locator('nav.nav').getByRole('link', { name: text, exact: true }).click();
	if (tab)
		await page.locator('nav.tabs').getByRole('link', { name: tab, exact: true }).click();
	await heading(page, tab ?? text);
}

export async function signIn(page, who, password) {
	await fill(page, 'Name', who);
	await page.getByLabel('Password', { exact: true }).fill(password);
	await page.getByRole('button', { name: 'Sign in' }).click();
}
