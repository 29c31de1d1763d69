# bash completion for gatehousectl: its commands, the options of each, and the values that an option takes.
# Goes to /usr/share/bash-completion/completions/gatehousectl. Takes nothing but bash itself.
# shellcheck shell=bash

# The commands that may follow those already there, as one text.
_gatehousectl_commands() {
    case $1 in
    '') echo status certificate hostname tls passphrase operator token sessions authorities network reload adopt events audit backup ;;
    certificate) echo show upload regenerate download request rollback ;;
    hostname | 'tls policy') echo show set ;;
    tls) echo policy legacy ;;
    'tls legacy') echo enable disable status ;;
    passphrase) echo set ;;
    operator) echo list add remove set-password ;;
    token) echo list add remove ;;
    sessions) echo list end ;;
    authorities) echo list add remove system retrieve ;;
    'authorities system') echo status enable disable ;;
    network) echo show set lookup ;;
    backup) echo create restore ;;
    esac
}

_gatehousectl_options() {
    case $1 in
    '') echo --version ;;
    'certificate show' | 'hostname '* | 'tls policy '* | 'tls legacy '*) echo --interface ;;
    'certificate upload') echo --interface --key --pkcs12 --passphrase-file --dry-run --confirm ;;
    'certificate regenerate') echo --interface --name --days --key-type --confirm ;;
    'certificate download') echo --interface --format --output ;;
    'certificate request') echo --interface --show --discard --subject --name --key-type --output ;;
    'certificate rollback') echo --interface --confirm ;;
    'passphrase set') echo --interface --passphrase-file ;;
    'operator add') echo --role --name --email --password-file --passphrase-file ;;
    'operator set-password') echo --password-file --passphrase-file --remove-second-factor ;;
    'token add') echo --role --operator --expires ;;
    'authorities retrieve') echo --network --trust ;;
    'network set') echo --network --dns --source ;;
    'network lookup') echo --network ;;
    'backup create') echo --samples --key --force --passphrase-file ;;
    'backup restore') echo --configuration --elsewhere --force --passphrase-file ;;
    events) echo --exec ;;
    audit) echo --since --until --actor --action --interface --result --limit --all ;;
    esac
    echo --socket --config --json --help
}

# What an option's value may be; "files", "programs", or "none" where it cannot be guessed.
_gatehousectl_values() {
    case $1 in
    --interface) echo clean admin ;;
    --network) echo clean dirty ;;
    --role) echo read operate ;;
    --format) echo pem der chain p7b ;;
    --result) echo "done" refused ;;
    --key-type) echo ecdsa-p256 rsa-2048 rsa-3072 rsa-4096 ed25519 ;;
    --confirm) echo expired not_yet_valid expires_soon hostname_mismatch chain_incomplete key_mode key_owner browsers_refuse ;;
    --socket | --config | --key | --pkcs12 | --output | --passphrase-file | --password-file) echo files ;;
    --exec) echo programs ;;
    --name | --days | --subject | --email | --operator | --expires | --trust | --dns | --source | --since | --until | --actor | --action | \
        --limit) echo none ;;
    esac
}

_gatehousectl() {
    local current=${COMP_WORDS[COMP_CWORD]} option='' path='' word values i
    COMPREPLY=()
    # Bash makes a word of its own of the = in --interface=clean.
    [ "$current" != = ] || current=
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [ "$word" = = ]; then continue; fi
        if [ -n "$option" ]; then
            option=
        elif [[ $word == -* ]]; then
            [ -z "$(_gatehousectl_values "$word")" ] || option=$word
        elif [[ " $(_gatehousectl_commands "$path") " == *" $word "* ]]; then
            path=${path:+$path }$word
        fi
    done
    if [ -n "$option" ]; then
        values=$(_gatehousectl_values "$option")
    elif [[ $current == -* ]]; then
        values=$(_gatehousectl_options "$path")
    else
        values=$(_gatehousectl_commands "$path")
        case $path in 'certificate upload' | 'authorities add' | 'backup create' | 'backup restore') values=files ;; 'tls policy set') values='intermediate modern' ;; esac
    fi
    case $values in
    files)
        compopt -o filenames 2>/dev/null # fails only where nobody types
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        ;;
    programs) mapfile -t COMPREPLY < <(compgen -c -- "$current") ;;
    none) ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current") ;;
    esac
}

complete -F _gatehousectl gatehousectl
