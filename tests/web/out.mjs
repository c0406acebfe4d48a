// Calls to the outside: dial rules and all that limits them.
import { assert, equal, look, world } from './stage.mjs';
import { answered, known, menu, row, toast } from './hands.mjs';

const TRUNK_UP = 'Registered';

const places = page => page.locator('tbody tr').evaluateAll(all => all.map(r => r.dataset.key).join(' '));

async function addRule(page, name, pattern, open = false) {
	await page.getByRole('button', { name: 'Add', exact: true }).click();
	const drawer = page.getByRole('dialog');

	await drawer.getByLabel('Name').fill(name);
	await drawer.getByLabel('Pattern').fill(pattern);
	await drawer.getByRole('button', { name: 'Save' }).click();
	if (open) {
		await drawer.getByText('Nothing is saved yet').waitFor();
		await look(page, 'dial-rule-accept');
		equal(await page.locator(`tr[data-key="${name}"]`).count(), 0, 'not saved before it is accepted');
		await drawer.getByRole('button', { name: 'I accept' }).click();
	}
	await row(page, name).waitFor();
}

/** The order on the page, once the box has it as well. */
async function order(page, want) {
	await page.waitForFunction(w => [...document.querySelectorAll('tbody tr')].map(r => r.dataset.key).join(' ') === w, want);
	const there = await page.evaluate(async () => (await (await fetch('/api/v1/tables/routed/dial_rule')).json()).rows.map(r => r.name).join(' '));

	equal(there, want, 'the order in the box');
}

const moved = (page, name) => page.waitForResponse(r => r.url().endsWith('/_move') && r.ok() && r.request().postData().includes(name));

export const out = {
	async 'a trunk, and how it is'({ page }) {
		await world('provider');
		await menu(page, 'Trunks');
		await page.getByText('Without a trunk, phones can call each other but not out.').waitFor();
		await page.getByRole('button', { name: 'Add', exact: true }).click();
		const drawer = page.getByRole('dialog');

		await drawer.getByLabel('Name', { exact: true }).fill('acme');
		await drawer.getByLabel('What kind of line is it?').selectOption('account');
		assert(await drawer.getByLabel('Register', { exact: true }).isChecked(), 'what follows from the kind');
		await drawer.getByLabel('Host').fill('no such host');
		await drawer.getByLabel('User (optional)').focus();
		await drawer.locator('.err').first().waitFor();
		await drawer.getByLabel('Host').fill('198.51.100.10');
		await drawer.getByLabel('User (optional)').fill('acme');
		await drawer.getByLabel(/^Password/).fill('s3cr3t-of-acme');
		await drawer.getByText('How the called party sees us').click();
		await drawer.getByLabel(/^Own caller ID/).fill('4930555');
		await look(page, 'trunk-add');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await row(page, 'acme').getByText('198.51.100.10').waitFor();
		await row(page, 'acme').getByText(TRUNK_UP, { exact: true }).waitFor();
		await look(page, 'trunks');
	},

	async 'a trunk is tested now'({ page }) {
		await row(page, 'acme').getByRole('button', { name: 'Test now' }).click();
		const box = page.getByRole('dialog', { name: 'Test of acme' });

		await box.getByText('All of it works').waitFor();
		await box.locator('.trace li').filter({ hasText: '198.51.100.10:5060 over UDP' }).waitFor();
		await box.locator('.trace li').filter({ hasText: 'answers in' }).waitFor();
		await box.locator('.trace li').filter({ hasText: 'registered for' }).waitFor();
		await look(page, 'trunk-test');
		await page.keyboard.press('Escape');
	},

	async 'a trunk keeps its password to itself'({ page }) {
		await row(page, 'acme').getByRole('button', { name: 'acme', exact: true }).click();
		const drawer = page.getByRole('dialog', { name: 'Trunks: acme' });

		await drawer.getByText('Stays as it is when left empty.').waitFor();
		await drawer.getByText(`by ${known.name}.`).waitFor();
		equal(await drawer.getByLabel(/^Password/).inputValue(), '', 'nothing comes back');
		await drawer.getByLabel(/^Note/).fill('the cheap one');
		await look(page, 'trunk-edit');
		const saved = answered(page, '/trunk/acme', 'PATCH');

		await drawer.getByRole('button', { name: 'Save' }).click();
		await saved;
		await row(page, 'acme').getByText(TRUNK_UP, { exact: true }).waitFor();
		const said = await page.evaluate(async () => (await fetch('/api/v1/tables/sipd/trunk')).text());

		assert(said.includes('the cheap one') && !said.includes('s3cr3t'), 'no secret in the list');
	},

	async 'inbound rules, and where a call goes'({ page }) {
		await menu(page, 'Inbound rules');
		await page.getByText('not in service').waitFor();
		await page.getByRole('button', { name: 'Add the first one' }).click();
		const drawer = page.getByRole('dialog');

		await drawer.getByLabel('Name', { exact: true }).fill('uk');
		await drawer.getByLabel('Called number').fill('4930555X');
		await drawer.getByText('Takes 49305558, for example').waitFor();
		await drawer.getByLabel(/^Caller/).fill('44X.');
		await drawer.getByLabel('Rings').selectOption('801');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await row(page, 'uk').getByText('801').waitFor();
		await page.getByRole('button', { name: 'Where does this call go?' }).click();
		const where = page.getByRole('dialog', { name: 'Where does this call go?' });

		await where.getByLabel('Number called').fill('+49 30 5551');
		await where.getByLabel(/^Who calls/).fill('+44 20 123');
		await where.getByRole('button', { name: 'Ask the box' }).click();
		await where.getByText('Gets through', { exact: true }).waitFor();
		await where.getByText('Decided by: inbound rule uk').waitFor();
		await look(page, 'where-to');
		await where.getByLabel(/^Who calls/).fill('+33 1 23');
		await where.getByRole('button', { name: 'Ask the box' }).click();
		await where.getByText('Does not get through').waitFor();
		await where.locator('.trace li').filter({ hasText: 'is for other callers' }).waitFor();
		await page.keyboard.press('Escape');
		await look(page, 'inbound');
	},

	async 'a rule is duplicated behind itself'({ page }) {
		await row(page, 'uk').getByRole('button', { name: 'uk', exact: true }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Duplicate' }).click();
		const copy = page.getByRole('dialog', { name: 'Inbound rules: add' });

		equal(await copy.getByLabel('Name', { exact: true }).inputValue(), 'uk-2', 'a free name');
		equal(await copy.getByLabel('Called number').inputValue(), '4930555X', 'all that it had');
		const placed = page.waitForResponse(r => r.url().endsWith('/inbound_rule/_move') && r.ok());

		await copy.getByLabel(/^Caller/).fill('');
		await copy.getByRole('button', { name: 'Save' }).click();
		await placed;
		await row(page, 'uk-2').getByText('any', { exact: true }).first().waitFor();
		await row(page, 'uk-2').getByRole('button', { name: 'uk-2', exact: true }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
		await page.getByRole('dialog', { name: 'Delete uk-2?' }).getByRole('button', { name: 'Delete' }).click();
		await row(page, 'uk-2').waitFor({ state: 'detached' });
	},

	async 'dial rules: none yet, then three'({ page }) {
		await menu(page, 'Dial rules');
		await page.getByText('No rule: nobody can call out.').waitFor();
		await addRule(page, 'local', '0ZXXXX.');
		await addRule(page, 'abroad', '00ZX.', true);
		await addRule(page, 'service', '01XX');
		equal(await places(page), 'local abroad service', 'new rules go to the end');
	},

	async 'a pattern says what it takes, and where it is wrong'({ page }) {
		await row(page, 'abroad').getByRole('button', { name: 'abroad', exact: true }).click();
		const drawer = page.getByRole('dialog', { name: 'Dial rules: abroad' });

		await drawer.getByLabel('Pattern').fill('00Z[3-1]X.');
		await drawer.locator('.err').filter({ hasText: /column 5/i }).waitFor();
		equal(await drawer.locator('.fault b').innerText(), '3', 'the character at fault');
		await look(page, 'dial-rule-wrong');
		await drawer.getByLabel('Pattern').fill('00ZX.');
		await drawer.getByText('Can reach 00979: premium number').waitFor();
		await drawer.getByText('can do so at any hour').waitFor();
		await drawer.getByLabel('Delete digits').fill('1');
		await drawer.getByLabel('Try a number').fill('004712345678');
		await drawer.getByText('Takes 004712345678: sends 04712345678.').waitFor();
		await drawer.getByLabel('Try a number').fill('04712345678');
		await drawer.getByText('Does not take 04712345678.').waitFor();
		await look(page, 'dial-rule-try');
		await drawer.getByLabel('Delete digits').fill('0');
		await drawer.getByRole('button', { name: 'Make an obscure prefix' }).click();
		const prefix = (await drawer.getByLabel('Pattern').inputValue()).replace(/00ZX\.$/, '');

		assert(/^[1-9]\d\d$/.test(prefix) && prefix !== '112', `a prefix to guess: ${prefix}`);
		equal(await drawer.getByLabel('Delete digits').inputValue(), '3', 'which is not sent');
		await drawer.getByText(`People dial ${prefix} first`).waitFor();
		await look(page, 'dial-rule-obscure');
		await drawer.getByLabel('Pattern').fill('00ZX.');
		await drawer.getByLabel('Delete digits').fill('0');
		await page.keyboard.press('Escape');
		await row(page, 'abroad').getByText('Premium, open').waitFor();
		await row(page, 'service').getByText('Local, or worse').waitFor();
	},

	async 'who gets out: the box tells why'({ page }) {
		await page.getByRole('button', { name: 'Who gets out?' }).click();
		const drawer = page.getByRole('dialog', { name: 'Who gets out?' });

		await drawer.getByLabel('Extension').selectOption('801');
		await drawer.getByLabel('Number dialled').fill('00 47 1234-5678');
		await drawer.getByRole('button', { name: 'Ask the box' }).click();
		await drawer.locator('.trace li').filter({ hasText: 'dial rule' }).filter({ hasText: 'abroad' }).first().waitFor();
		await drawer.getByText('Does not get out').waitFor();
		await drawer.getByText('Decided by: dial rule abroad').waitFor();
		await look(page, 'who-gets-out');
		await drawer.getByLabel('Number dialled').fill('802');
		await drawer.getByRole('button', { name: 'Ask the box' }).click();
		await drawer.getByText('Stays in the house').waitFor();
		await page.keyboard.press('Escape');
	},

	async 'dial rules are moved by keys, buttons, a number and the mouse'({ page }) {
		let done = moved(page, 'service');

		await page.getByRole('button', { name: 'Move service, 3 of 3' }).focus();
		await page.keyboard.press('ArrowUp');
		await done;
		await page.getByText('service is now 2 of 3.').waitFor();
		await order(page, 'local service abroad');
		assert(await page.evaluate(() => document.activeElement.getAttribute('aria-label')) === 'Move service, 2 of 3', 'the handle keeps the focus');
		done = moved(page, 'service');
		await page.getByRole('button', { name: 'Move service up' }).click();
		await done;
		await order(page, 'service local abroad');
		done = moved(page, 'abroad');
		await row(page, 'abroad').locator('.handle').dragTo(row(page, 'service'));
		await done;
		await order(page, 'abroad service local');
		await look(page, 'dial-rules-order');
		await addRule(page, 'last', '09X!');
		done = moved(page, 'last');
		await page.getByRole('button', { name: 'Move last to…' }).click();
		await page.getByLabel('Place, 1 to 4').fill('2');
		await page.getByRole('button', { name: 'Move', exact: true }).click();
		await done;
		await order(page, 'abroad last service local');
	},

	async 'a dial rule is deleted and comes back'({ page }) {
		await row(page, 'last').getByRole('button', { name: 'Delete' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
		await toast(page, 'last deleted');
		await row(page, 'last').waitFor({ state: 'detached' });
	},

	async 'a week is painted, and written'({ page }) {
		await menu(page, 'Time rules');
		await page.getByText('No hours yet.').waitFor();
		await page.getByRole('button', { name: 'Add', exact: true }).click();
		const drawer = page.getByRole('dialog'), hours = drawer.getByLabel('Hours'), grid = drawer.locator('.week svg');

		await drawer.getByLabel('Name').fill('office');
		await hours.fill('mon-fri 9:00-18:00; 12-24 09:00-12:00');
		equal(await grid.locator('rect').count(), 5, 'days drawn');
		await drawer.getByText('Besides, not drawn: 12-24 09:00-12:00').waitFor();
		await grid.scrollIntoViewIfNeeded();
		const box = await grid.boundingBox(), at = (day, hour) => [box.x + box.width * (hour + 0.1) / 24, box.y + box.height * (day + 0.5) / 7];
		const drag = async (from, to) => {
			await page.mouse.move(...at(...from));
			await page.mouse.down();
			await page.mouse.move(...at(...to));
			await page.mouse.up();
		};

		await drag([5, 10], [5, 13.5]);
		equal(await hours.inputValue(), 'mon-fri 09:00-18:00; sat 10:00-14:00; 12-24 09:00-12:00', 'Saturday opened');
		await drag([0, 12], [4, 12.5]);
		equal(await hours.inputValue(), 'mon-fri 09:00-12:00,13:00-18:00; sat 10:00-14:00; 12-24 09:00-12:00', 'noon closed');
		await look(page, 'time-rule');
		await hours.fill('mon-fri 09:00-18:00; wed 17:00-20:00; thu-fri 22:00-10:00; jan mon 08:00-10:00');
		await drawer.getByText('Written twice, which does no harm: Wed 17:00–18:00; Fri 09:00–10:00').waitFor();
		equal(await grid.locator('rect.twice').count(), 2, 'drawn where it is');
		await look(page, 'time-rule-twice');
		await hours.fill('fri-sat 22:00-06:00');
		equal(await grid.locator('rect.twice').count(), 0, 'nothing is written twice');
		assert(/Sat 00:00–06:00, 22:00–24:00; Sun 00:00–06:00/.test(await grid.getAttribute('aria-label')), 'nights go on into the next day');
		await drag([2, 8], [2, 8]);
		equal(await hours.inputValue(), 'wed 08:00-08:30; fri-sat 22:00-06:00', 'a night stays one row');
		await hours.fill('mon-fri 09:00-18:00');
		await drawer.getByLabel('Time zone').fill('Europe/Paris');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await row(page, 'office').getByText('Europe/Paris').waitFor();
	},

	async 'PINs for many, shown once'({ page }) {
		await menu(page, 'PIN sets');
		await page.getByRole('button', { name: 'Add', exact: true }).click();
		await page.getByRole('dialog').getByLabel('Name').fill('staff');
		await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
		await row(page, 'staff').waitFor();
		await row(page, 'staff').getByRole('button', { name: 'Replace all' }).click();
		await toast(page, 'staff has no PIN to replace');
		await menu(page, 'PIN sets', 'PINs');
		await page.getByRole('button', { name: 'Add many' }).click();
		const drawer = page.getByRole('dialog', { name: 'Add many' });

		await drawer.getByLabel('PIN set').selectOption('staff');
		await drawer.getByLabel('For whom').fill('Ada Adler\nBob\nÉdith Piaf\nBob');
		await drawer.getByText('Makes 4 PINs').waitFor();
		await look(page, 'pins-many');
		await drawer.getByRole('button', { name: 'Make them' }).click();
		const once = page.getByRole('dialog', { name: '4 PINs' });

		await once.waitFor();
		const digits = await once.locator('.secret').allInnerTexts();

		assert(new Set(digits).size === 4 && digits.every(d => /^\d{6}$/.test(d)), `made: ${digits}`);
		await look(page, 'pins-once');
		await once.getByRole('button', { name: 'I have written it down' }).click();
		await row(page, 'edith-piaf').getByText('Édith Piaf').waitFor();
		await row(page, 'bob-2').getByRole('button', { name: 'New PIN' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'New PIN' }).click();
		const fresh = page.getByRole('dialog', { name: 'PIN of bob-2' });

		assert((await fresh.locator('.secret').innerText()) !== digits[3], 'another one');
		await fresh.getByRole('button', { name: 'I have written it down' }).click();
		const said = await page.evaluate(async () => (await fetch('/api/v1/tables/routed/pin')).text());

		assert(said.includes('Piaf') && !digits.some(d => said.includes(d)), 'no PIN comes back');
		await menu(page, 'PIN sets');
		await row(page, 'staff').getByRole('link', { name: '4' }).waitFor();
		await row(page, 'staff').getByRole('button', { name: 'staff', exact: true }).click();
		await page.getByText('4 PINs open the rules of this set.').waitFor();
		await look(page, 'pin-set');
		await page.keyboard.press('Escape');
	},

	async 'all PINs of a set are replaced, and shown once'({ page }) {
		await row(page, 'staff').getByRole('button', { name: 'Replace all' }).click();
		const ask = page.getByRole('dialog', { name: 'New PINs for all of staff?' });

		await ask.getByText('The box makes 4 new PINs').waitFor();
		await look(page, 'pins-replace');
		await ask.getByRole('button', { name: 'Replace them' }).click();
		const once = page.getByRole('dialog', { name: '4 PINs' });

		await once.waitFor();
		const digits = await once.locator('.secret').allInnerTexts();

		assert(new Set(digits).size === 4 && digits.every(d => /^\d{6}$/.test(d)), `made: ${digits}`);
		await once.getByText('Édith Piaf').waitFor();
		await once.getByRole('button', { name: 'Print' }).waitFor();
		await once.getByRole('button', { name: 'I have written it down' }).click();
		const pins = await page.evaluate(async () => (await (await fetch('/api/v1/tables/routed/pin')).json()).rows);

		equal(pins.map(p => `${p.name} ${p.holder} ${p.grade}`).sort().join('; '),
			'ada-adler Ada Adler strong; bob Bob strong; bob-2 Bob strong; edith-piaf Édith Piaf strong', 'the same people');
	},

	async 'PINs from a file: first what it would do, then made'({ page }) {
		const list = 'name,pin_set,holder,pin\ngrace,staff,Grace Hopper,\nwu,staff,Wu,1234\nnobody,guests,No,\nada-adler,staff,Ada King,\n';

		await menu(page, 'PIN sets', 'PINs');
		await page.locator('.page-head').getByText('CSV', { exact: true }).click();
		await page.getByRole('button', { name: 'Import…' }).click();
		const box = page.getByRole('dialog', { name: 'Import: PINs' });

		await box.getByLabel('File').setInputFiles({ name: 'pins.csv', mimeType: 'text/csv', buffer: Buffer.from(list) });
		await box.getByText('2 wrong').waitFor();
		await box.getByText('Line 3:').locator('..').filter({ hasText: 'PIN' }).waitFor();
		await box.getByText('Line 4:').locator('..').filter({ hasText: 'PIN set' }).waitFor();
		equal(await row(page, 'grace').count(), 0, 'a look changes nothing');
		await box.getByLabel('Leave the wrong lines out').check();
		await box.getByRole('button', { name: 'Import', exact: true }).click();
		const once = page.getByRole('dialog', { name: 'PIN of grace' });

		assert(/^\d{6}$/.test(await once.locator('.secret').innerText()), 'the new one alone is made');
		await once.getByRole('button', { name: 'I have written it down' }).click();
		await row(page, 'ada-adler').getByText('Ada King').waitFor();
		equal(await row(page, 'wu').count() + await row(page, 'nobody').count(), 0, 'the wrong lines were left out');
	},

	async 'a time rule says whether it is open'({ page }) {
		await menu(page, 'Time rules');
		await row(page, 'office').getByText(/^(Open|Closed)$/).waitFor();
		await row(page, 'office').getByText('until ').waitFor();
		await world('set', 'routed', 'inbound_rule', 'uk', 'time_rule', 'office');
		await row(page, 'office').getByText('uk', { exact: true }).waitFor();
		await look(page, 'time-rules');
		await world('set', 'routed', 'inbound_rule', 'uk', 'time_rule', '');
	},

	async 'a rule that is never reached is named, with what hides it'({ page }) {
		await menu(page, 'Dial rules');
		await addRule(page, 'abroad-too', '00ZX.', true);
		await row(page, 'abroad-too').getByText(/^never reached/).waitFor();
		await look(page, 'dial-rule-hidden');
		await row(page, 'abroad-too').getByRole('button', { name: 'Delete' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
		await row(page, 'abroad-too').waitFor({ state: 'detached' });
	},

	async 'a rule gets its trunk, and the call gets out'({ page }) {
		await row(page, 'abroad').getByRole('button', { name: 'abroad', exact: true }).click();
		const drawer = page.getByRole('dialog', { name: 'Dial rules: abroad' });

		await drawer.getByLabel('Add: Trunks…').selectOption('acme');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await row(page, 'abroad').getByText('acme').waitFor();
		await page.getByRole('button', { name: 'Who gets out?' }).click();
		const who = page.getByRole('dialog', { name: 'Who gets out?' });

		await who.getByLabel('Extension').selectOption('801');
		await who.getByLabel('Number dialled').fill('004712345678');
		await who.getByRole('button', { name: 'Ask the box' }).click();
		await who.getByText('Gets out', { exact: true }).waitFor();
		await who.getByText('goes out over trunk acme').waitFor();
		await who.getByText('Decided by: dial rule abroad').waitFor();
		await who.getByText('Nobody knows the price.').waitFor();
		await look(page, 'who-gets-out-trunk');
		await page.keyboard.press('Escape');
	},

	async 'a trunk is disabled, knowing what that ends, and is back'({ page }) {
		await menu(page, 'Trunks');
		await row(page, 'acme').getByRole('button', { name: 'acme', exact: true }).click();
		await page.getByRole('dialog', { name: 'Trunks: acme' }).getByRole('listitem').filter({ hasText: 'abroad: acme' }).waitFor();
		await page.keyboard.press('Escape');
		await row(page, 'acme').getByText('abroad', { exact: true }).waitFor();
		await row(page, 'acme').getByRole('button', { name: 'Disable' }).click();
		const ask = page.getByRole('dialog', { name: 'Disable acme?' });

		await ask.getByText('no other trunk is theirs: abroad.').waitFor();
		await ask.getByText('It is the last trunk: nobody can call 112').waitFor();
		await ask.getByText('Its registration is taken back').waitFor();
		await look(page, 'trunk-off');
		await ask.getByRole('button', { name: 'Disable' }).click();
		await toast(page, 'acme is disabled');
		await row(page, 'acme').getByText('Off', { exact: true }).waitFor();
		await row(page, 'acme').getByRole('button', { name: 'Enable' }).click();
		await toast(page, 'acme is in use again');
		await row(page, 'acme').getByText(TRUNK_UP, { exact: true }).waitFor();
		await world('put', 'sipd', 'trunk', 'spare', { host: '198.51.100.30', qualify_s: 0 });
		await world('set', 'routed', 'dial_rule', 'abroad', 'trunks', 'acme;spare');
		await row(page, 'spare').getByText('abroad (2 of 2)').waitFor();
		await row(page, 'acme').getByRole('button', { name: 'Disable' }).click();
		await ask.getByText('take their next trunk: abroad.').waitFor();
		await page.keyboard.press('Escape');
		await look(page, 'trunks-two');
		await world('set', 'routed', 'dial_rule', 'abroad', 'trunks', 'acme');
		await row(page, 'spare').getByRole('button', { name: 'spare', exact: true }).click();
		await page.getByRole('dialog', { name: 'Trunks: spare' }).getByRole('button', { name: 'Delete' }).click();
		await page.getByRole('dialog', { name: 'Delete spare?' }).getByRole('button', { name: 'Delete' }).click();
		await row(page, 'spare').waitFor({ state: 'detached' });
	},

	async 'wrong PINs lock a phone, and a person unlocks it'({ page }) {
		await world('put', 'routed', 'pin_set', 'staff', { tries: 1 });
		await world('put', 'routed', 'dial_rule', 'abroad', { pin_set: 'staff' });
		await menu(page, 'PIN sets', 'PIN locks');
		await page.getByText('Nobody is locked.').waitFor();
		await world('wrong_pins', '802', '004712345678', 3);
		const lock = page.locator('tbody tr').filter({ hasText: '802' });

		await lock.getByText('Locked', { exact: true }).waitFor();
		await look(page, 'pin-locks');
		await lock.getByRole('button', { name: 'Unlock' }).click();
		await page.getByRole('dialog', { name: 'Unlock the PIN rules of 802?' }).getByRole('button', { name: 'Unlock' }).click();
		await toast(page, '802 may enter PINs again');
		await page.getByText('Nobody is locked.').waitFor();
		await world('set', 'routed', 'dial_rule', 'abroad', 'pin_set', '');
		await world('put', 'routed', 'pin_set', 'staff', { tries: 3 });
	},

	async 'a price list from a file: wrong, then whole'({ page }) {
		const file = text => ({ name: 'acme.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });

		await menu(page, 'Credit limits', 'Rates');
		await page.getByRole('button', { name: 'Import a price list' }).click();
		const box = page.getByRole('dialog', { name: 'Import a price list' });

		await box.getByLabel('Price list').fill('acme');
		await box.getByLabel('File').setInputFiles(file('prefix,destination,price,connect,first_s,next_s\n47,Norway,0.04,0,60,60\n4x,Nowhere,0.1,0,60,60\n'));
		await box.getByText('One wrong').waitFor();
		await box.getByText('Line 3:').waitFor();
		assert(await box.getByRole('button', { name: 'Import', exact: true }).isDisabled(), 'whole or not at all');
		await look(page, 'rates-wrong');
		await box.getByLabel('File').setInputFiles(file('prefix,destination,price,connect,first_s,next_s\n47,Norway,0.04,0,60,60\n4790,Norway mobile,0.15,0.05,60,1\n'));
		await box.getByText('2 new').waitFor();
		await box.getByRole('button', { name: 'Import', exact: true }).click();
		await toast(page, 'Price list acme is in force');
		await row(page, 'acme/4790').getByText('0.15 EUR').waitFor();
		await look(page, 'rates');
	},

	async 'a credit limit, and what is spent of it'({ page }) {
		await menu(page, 'Spend');
		await page.getByText('nothing but the provider caps').waitFor();
		await menu(page, 'Credit limits');
		await page.getByRole('button', { name: 'Add', exact: true }).click();
		const drawer = page.getByRole('dialog');

		await drawer.getByLabel('Name').fill('trunk-day');
		await drawer.getByLabel('Who', { exact: true }).fill('nobody');
		await drawer.getByText('the limit would cap nobody').waitFor();
		await drawer.getByLabel('Who', { exact: true }).fill('acme');
		await drawer.getByLabel('Seconds').fill('3600');
		await drawer.getByLabel('Money', { exact: true }).fill('20 EUR');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await drawer.getByText('Money is an amount such as 20 or 12.50.').waitFor();
		await drawer.getByLabel('Money', { exact: true }).fill('20,00');
		await look(page, 'credit-add');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await row(page, 'trunk-day').waitFor();
		await menu(page, 'Spend');
		await row(page, 'trunk-day').getByText('0.00 EUR of 20.00 EUR').waitFor();
		await row(page, 'trunk-day').getByText('0 %').waitFor();
		await look(page, 'spend');
	},

	async 'what a stolen password could cost'({ page }) {
		await menu(page, 'Theft');
		await page.getByLabel('Whose password').selectOption('801');
		await page.locator('.figure-card').filter({ hasText: 'Within a day' }).getByText(/^[24]0\.00 EUR$/).waitFor();
		await row(page, 'abroad').waitFor();
		await page.getByLabel('In detail for').selectOption('month');
		await row(page, 'abroad').waitFor();
		await look(page, 'theft');
	},

	async 'the kill switch is thrown by typing, and put back'({ page }) {
		await page.getByRole('button', { name: 'End all outbound calls' }).click();
		const sure = page.getByRole('dialog'), act = sure.getByRole('button', { name: 'End all outbound calls' });

		assert(await act.isDisabled(), 'one click does not end all calls');
		await sure.getByLabel('Type stop to go on').fill('stop');
		await look(page, 'kill-sure');
		await act.click();
		await page.getByText('thrown', { exact: true }).waitFor();
		await look(page, 'kill-thrown');
		await menu(page, 'Status');
		await page.locator('.points').getByText('kill switch').first().waitFor();
		await menu(page, 'Theft');
		await page.getByRole('button', { name: 'Let calls out again' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Let calls out again' }).click();
		await page.getByText('not thrown', { exact: true }).waitFor();
	},

	async 'a brake says what it does, and a dangerous choice is named'({ page }) {
		await menu(page, 'Theft', 'Brakes');
		await page.getByRole('button', { name: 'Add', exact: true }).click();
		const drawer = page.getByRole('dialog');

		await drawer.getByLabel('Name', { exact: true }).fill('nights');
		await drawer.getByLabel('What is counted').selectOption({ label: 'Calls at night' });
		await drawer.getByLabel('Warn at').fill('3');
		await drawer.getByLabel('Act at').fill('10');
		await drawer.getByLabel('Then').selectOption({ label: 'Tell somebody' });
		await drawer.getByText('Somebody is told, but the calls go on.').waitFor();
		await drawer.getByLabel('Then').selectOption({ label: 'Refuse the call' });
		await drawer.getByText('Somebody is told, but the calls go on.').waitFor({ state: 'detached' });
		await look(page, 'brake-add');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await row(page, 'nights').getByText('10: refuses the call').waitFor();
		await row(page, 'nights').getByText('each extension by itself').waitFor();
		await look(page, 'brakes');
		await row(page, 'nights').getByRole('button', { name: 'nights', exact: true }).click();
		await drawer.getByRole('button', { name: 'Delete', exact: true }).click();
		await page.getByRole('dialog', { name: 'Delete nights?' }).getByRole('button', { name: 'Delete' }).click();
		await row(page, 'nights').waitFor({ state: 'detached' });
	},

	async 'emergency numbers name their trunks, or that there is none'({ page }) {
		await menu(page, 'Emergency numbers');
		await row(page, '112').getByText('all trunks, one after the other').waitFor();
		await world('set', 'sipd', 'trunk', 'acme', 'enabled', 'false');
		await page.getByText('nobody can call for help').waitFor();
		await look(page, 'emergency-none');
		await world('set', 'sipd', 'trunk', 'acme', 'enabled', 'true');
		await page.getByText('nobody can call for help').waitFor({ state: 'detached' });
	},

	async 'changes: who, what, and back'({ page }) {
		await menu(page, 'Changes');
		await page.locator('.journal li').filter({ hasText: 'Kill switch' }).first().waitFor();
		await page.getByLabel('Of', { exact: true }).selectOption('credit');
		const item = page.locator('.journal > li').filter({ hasText: 'trunk-day' });

		await item.getByText(known.name).waitFor();
		await look(page, 'changes');
		await item.getByRole('button', { name: 'Undo this' }).click();
		await toast(page, 'trunk-day is as it was');
		await page.locator('.journal > li').filter({ hasText: 'deleted' }).waitFor();
		await page.locator('.journal > li').filter({ hasText: 'deleted' }).getByRole('button', { name: 'Undo this' }).click();
		await page.waitForFunction(async () => (await fetch('/api/v1/tables/routed/credit/trunk-day')).ok);
		assert(!(await page.locator('.journal').innerText()).includes('s3cr3t'), 'no secret');
		await page.getByLabel('Of', { exact: true }).selectOption('trunk');
		await page.getByText('Password: set anew, not shown').first().waitFor();
	},
};
