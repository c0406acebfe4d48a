"""Builds the pages (npm ci where needed, then www/build.mjs) and embeds them."""
import subprocess
import sys
from pathlib import Path

import embed


def fetch(www):
    """Installs what the lock file names, when it changed."""
    lock, mark = www / "package-lock.json", www / "node_modules/.fetched"
    if mark.is_file() and mark.read_bytes() == lock.read_bytes():
        return
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=www,
                   check=True, stdout=sys.stderr)
    mark.write_bytes(lock.read_bytes())


def sources(www):
    """What the pages are made of: a change of it makes them again."""
    for path in sorted(www.rglob("*")):
        parts = path.relative_to(www).parts
        if path.is_file() and parts[0] not in ("node_modules", "dist"):
            yield path


def main(www, built, depfile, types, forms, out):
    www, built = Path(www), Path(built).resolve() / "pages"
    try:
        fetch(www)
        subprocess.run(["node", "build.mjs", str(built),
                        str(Path(types).resolve().parent)], cwd=www,
                       check=True, stdout=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as err:
        sys.exit(f"the pages cannot be built ({err}): see above (nodejs "
                 f"and npm are needed), or set -Dui=off")
    embed.main(built, forms, out)
    names = " ".join(str(p).replace(" ", "\\ ") for p in sources(www))
    Path(depfile).write_text(f"{out}: {names}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
