# Completion of unmoor for bash: source this file.
# Made from src/config/options.def by scripts/update-docs: do not edit.
_unmoor() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} each
    local command='' words
    COMPREPLY=()
    # bash divides --flag=value at the '='
    if [[ $word == = ]]; then
        word=''
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $before in
    -c)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --config)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --format)
        COMPREPLY=($(compgen -W 'text json' -- "$word"))
        return ;;
    --log-format)
        COMPREPLY=($(compgen -W 'text json' -- "$word"))
        return ;;
    --until)
        COMPREPLY=($(compgen -W 'forever copied synced' -- "$word"))
        return ;;
    --report)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --source-socket)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --source-password-file)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --source-defaults-file)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --source-tls-mode)
        COMPREPLY=($(compgen -W 'disabled required verify_ca verify_identity' -- "$word"))
        return ;;
    --source-tls-ca)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --source-tls-cert)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --source-tls-key)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --source-compress)
        COMPREPLY=($(compgen -W 'true false' -- "$word"))
        return ;;
    --target-socket)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --target-password-file)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --target-defaults-file)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --target-tls-mode)
        COMPREPLY=($(compgen -W 'disabled required verify_ca verify_identity' -- "$word"))
        return ;;
    --target-tls-ca)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --target-tls-cert)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --target-tls-key)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --target-compress)
        COMPREPLY=($(compgen -W 'true false' -- "$word"))
        return ;;
    --target-sql-log-bin)
        COMPREPLY=($(compgen -W 'true false' -- "$word"))
        return ;;
    --copy-existing)
        COMPREPLY=($(compgen -W 'refuse drop empty' -- "$word"))
        return ;;
    --copy-checksum)
        COMPREPLY=($(compgen -W 'true false' -- "$word"))
        return ;;
    --copy-redo-log)
        COMPREPLY=($(compgen -W 'on off' -- "$word"))
        return ;;
    --copy-lock)
        COMPREPLY=($(compgen -W 'auto global backup tables none' -- "$word"))
        return ;;
    --copy-definer)
        COMPREPLY=($(compgen -W 'keep current' -- "$word"))
        return ;;
    --apply-commit-order)
        COMPREPLY=($(compgen -W 'free source' -- "$word"))
        return ;;
    --apply-on-conflict)
        COMPREPLY=($(compgen -W 'stop overwrite skip' -- "$word"))
        return ;;
    --apply-ddl)
        COMPREPLY=($(compgen -W 'apply stop ignore' -- "$word"))
        return ;;
    --spool-directory)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --verify-lock)
        COMPREPLY=($(compgen -W 'brief never' -- "$word"))
        return ;;
    --throttle-file)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --cutover-fence)
        COMPREPLY=($(compgen -W 'read_only super_read_only accounts hook' -- "$word"))
        return ;;
    --cutover-fence-may-be-lost)
        COMPREPLY=($(compgen -W 'true false' -- "$word"))
        return ;;
    --cutover-probe-password-file)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --cutover-reverse)
        COMPREPLY=($(compgen -W 'armed off' -- "$word"))
        return ;;
    --cutover-journal)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    esac
    for each in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
        case "$command${command:+ }$each" in
        'plan' | 'migrate' | 'verify' | 'cutover' | 'reverse' | 'status' | 'ctl skip' | 'ctl recopy' | 'ctl add-table' | 'ctl throttle' | 'ctl unthrottle' | 'cleanup' | 'binlog dump' | 'explain')
            command="$command${command:+ }$each"
            break ;;
        ctl)
            command=$each ;;
        binlog)
            command=$each ;;
        esac
    done
    case $command in
    ctl)
        words='skip recopy add-table throttle unthrottle --help' ;;
    binlog)
        words='dump --help' ;;
    'plan')
        words=' --config --format --log-format --debug --help --version --job --source-host --source-port --source-socket --source-user --source-password-file --source-password-env --source-password-command --source-defaults-file --source-defaults-group --source-tls-mode --source-tls-ca --source-tls-cert --source-tls-key --source-compress --source-connect-timeout --target-host --target-port --target-socket --target-user --target-password-file --target-password-env --target-password-command --target-defaults-file --target-defaults-group --target-tls-mode --target-tls-ca --target-tls-cert --target-tls-key --target-compress --target-connect-timeout --target-sql-log-bin --tables-include --tables-exclude --copy-threads --copy-existing --copy-chunk-time --copy-chunk-rows-max --copy-redo-log --copy-lock --copy-lock-wait --copy-lock-timeout --copy-definer --apply-workers --apply-commit-order --apply-on-conflict --apply-on-conflict-tables --apply-ddl --apply-batch-rows --apply-memory --follow-heartbeat --follow-server-id --follow-reconnect-timeout --spool-directory --spool-max-bytes --throttle-replicas --throttle-max-lag --throttle-threads-running --throttle-query --throttle-file --state-schema' ;;
    'migrate')
        words=' --config --format --log-format --debug --help --version --until --restart --job --source-host --source-port --source-socket --source-user --source-password-file --source-password-env --source-password-command --source-defaults-file --source-defaults-group --source-tls-mode --source-tls-ca --source-tls-cert --source-tls-key --source-compress --source-connect-timeout --target-host --target-port --target-socket --target-user --target-password-file --target-password-env --target-password-command --target-defaults-file --target-defaults-group --target-tls-mode --target-tls-ca --target-tls-cert --target-tls-key --target-compress --target-connect-timeout --target-sql-log-bin --tables-include --tables-exclude --copy-threads --copy-existing --copy-chunk-time --copy-chunk-rows-max --copy-checksum --copy-snapshot-max-age --copy-redo-log --copy-lock --copy-lock-wait --copy-lock-timeout --copy-definer --apply-workers --apply-commit-order --apply-on-conflict --apply-on-conflict-tables --apply-ddl --apply-batch-rows --apply-memory --follow-heartbeat --follow-server-id --follow-reconnect-timeout --spool-directory --spool-max-bytes --throttle-replicas --throttle-max-lag --throttle-threads-running --throttle-query --throttle-file --state-schema' ;;
    'verify')
        words=' --config --format --log-format --debug --help --version --report --sample --resume --repair --back --job --source-host --source-port --source-socket --source-user --source-password-file --source-password-env --source-password-command --source-defaults-file --source-defaults-group --source-tls-mode --source-tls-ca --source-tls-cert --source-tls-key --source-compress --source-connect-timeout --target-host --target-port --target-socket --target-user --target-password-file --target-password-env --target-password-command --target-defaults-file --target-defaults-group --target-tls-mode --target-tls-ca --target-tls-cert --target-tls-key --target-compress --target-connect-timeout --target-sql-log-bin --tables-include --tables-exclude --copy-chunk-time --copy-chunk-rows-max --copy-lock --copy-lock-wait --copy-lock-timeout --apply-on-conflict --apply-on-conflict-tables --apply-ddl --follow-reconnect-timeout --spool-directory --verify-threads --verify-max-keys --verify-chunk-rows-max --verify-lock --throttle-replicas --throttle-max-lag --throttle-threads-running --throttle-query --throttle-file --state-schema' ;;
    'cutover')
        words=' --config --format --log-format --debug --help --version --execute --rehearse --back --retreat --job --source-host --source-port --source-socket --source-user --source-password-file --source-password-env --source-password-command --source-defaults-file --source-defaults-group --source-tls-mode --source-tls-ca --source-tls-cert --source-tls-key --source-compress --source-connect-timeout --target-host --target-port --target-socket --target-user --target-password-file --target-password-env --target-password-command --target-defaults-file --target-defaults-group --target-tls-mode --target-tls-ca --target-tls-cert --target-tls-key --target-compress --target-connect-timeout --target-sql-log-bin --tables-include --tables-exclude --spool-directory --cutover-timeout --cutover-max-lag --cutover-max-transaction --cutover-verified-within --cutover-fence --cutover-fence-may-be-lost --cutover-accounts --cutover-probe-user --cutover-probe-password-file --cutover-lock-wait --cutover-fence-hook --cutover-switch-hook --cutover-hook-timeout --cutover-reverse --cutover-journal --state-schema' ;;
    'reverse')
        words=' --config --format --log-format --debug --help --version --job --source-host --source-port --source-socket --source-user --source-password-file --source-password-env --source-password-command --source-defaults-file --source-defaults-group --source-tls-mode --source-tls-ca --source-tls-cert --source-tls-key --source-compress --source-connect-timeout --target-host --target-port --target-socket --target-user --target-password-file --target-password-env --target-password-command --target-defaults-file --target-defaults-group --target-tls-mode --target-tls-ca --target-tls-cert --target-tls-key --target-compress --target-connect-timeout --target-sql-log-bin --tables-include --tables-exclude --spool-directory --state-schema' ;;
    'status')
        words=' --config --format --log-format --debug --help --version --back --job --source-host --source-port --source-socket --source-user --source-password-file --source-password-env --source-password-command --source-defaults-file --source-defaults-group --source-tls-mode --source-tls-ca --source-tls-cert --source-tls-key --source-compress --source-connect-timeout --target-host --target-port --target-socket --target-user --target-password-file --target-password-env --target-password-command --target-defaults-file --target-defaults-group --target-tls-mode --target-tls-ca --target-tls-cert --target-tls-key --target-compress --target-connect-timeout --target-sql-log-bin --tables-include --tables-exclude --spool-directory --cutover-max-lag --cutover-max-transaction --cutover-verified-within --cutover-fence --cutover-fence-may-be-lost --cutover-accounts --cutover-reverse --state-schema' ;;
    'ctl skip')
        words=' --config --format --log-format --debug --help --version --row --transaction --job --source-host --source-port --source-socket --source-user --source-password-file --source-password-env --source-password-command --source-defaults-file --source-defaults-group --source-tls-mode --source-tls-ca --source-tls-cert --source-tls-key --source-compress --source-connect-timeout --target-host --target-port --target-socket --target-user --target-password-file --target-password-env --target-password-command --target-defaults-file --target-defaults-group --target-tls-mode --target-tls-ca --target-tls-cert --target-tls-key --target-compress --target-connect-timeout --target-sql-log-bin --tables-include --tables-exclude --spool-directory --state-schema' ;;
    'ctl recopy')
        words=' --config --format --log-format --debug --help --version --job --source-host --source-port --source-socket --source-user --source-password-file --source-password-env --source-password-command --source-defaults-file --source-defaults-group --source-tls-mode --source-tls-ca --source-tls-cert --source-tls-key --source-compress --source-connect-timeout --target-host --target-port --target-socket --target-user --target-password-file --target-password-env --target-password-command --target-defaults-file --target-defaults-group --target-tls-mode --target-tls-ca --target-tls-cert --target-tls-key --target-compress --target-connect-timeout --target-sql-log-bin --tables-include --tables-exclude --spool-directory --state-schema' ;;
    'ctl add-table')
        words=' --config --format --log-format --debug --help --version --job --source-host --source-port --source-socket --source-user --source-password-file --source-password-env --source-password-command --source-defaults-file --source-defaults-group --source-tls-mode --source-tls-ca --source-tls-cert --source-tls-key --source-compress --source-connect-timeout --target-host --target-port --target-socket --target-user --target-password-file --target-password-env --target-password-command --target-defaults-file --target-defaults-group --target-tls-mode --target-tls-ca --target-tls-cert --target-tls-key --target-compress --target-connect-timeout --target-sql-log-bin --tables-include --tables-exclude --spool-directory --state-schema' ;;
    'ctl throttle')
        words=' --config --format --log-format --debug --help --version --reason --job --source-host --source-port --source-socket --source-user --source-password-file --source-password-env --source-password-command --source-defaults-file --source-defaults-group --source-tls-mode --source-tls-ca --source-tls-cert --source-tls-key --source-compress --source-connect-timeout --target-host --target-port --target-socket --target-user --target-password-file --target-password-env --target-password-command --target-defaults-file --target-defaults-group --target-tls-mode --target-tls-ca --target-tls-cert --target-tls-key --target-compress --target-connect-timeout --target-sql-log-bin --tables-include --tables-exclude --spool-directory --state-schema' ;;
    'ctl unthrottle')
        words=' --config --format --log-format --debug --help --version --job --source-host --source-port --source-socket --source-user --source-password-file --source-password-env --source-password-command --source-defaults-file --source-defaults-group --source-tls-mode --source-tls-ca --source-tls-cert --source-tls-key --source-compress --source-connect-timeout --target-host --target-port --target-socket --target-user --target-password-file --target-password-env --target-password-command --target-defaults-file --target-defaults-group --target-tls-mode --target-tls-ca --target-tls-cert --target-tls-key --target-compress --target-connect-timeout --target-sql-log-bin --tables-include --tables-exclude --spool-directory --state-schema' ;;
    'cleanup')
        words=' --config --format --log-format --debug --help --version --job --source-host --source-port --source-socket --source-user --source-password-file --source-password-env --source-password-command --source-defaults-file --source-defaults-group --source-tls-mode --source-tls-ca --source-tls-cert --source-tls-key --source-compress --source-connect-timeout --target-host --target-port --target-socket --target-user --target-password-file --target-password-env --target-password-command --target-defaults-file --target-defaults-group --target-tls-mode --target-tls-ca --target-tls-cert --target-tls-key --target-compress --target-connect-timeout --target-sql-log-bin --tables-include --tables-exclude --spool-directory --state-schema' ;;
    'binlog dump')
        if [[ $word != -* ]]; then
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return
        fi
        words=' --config --format --log-format --debug --help --version --table --from --to' ;;
    'explain')
        words=' --config --format --log-format --debug --help --version' ;;
    *)
        words='plan migrate verify cutover reverse status ctl cleanup binlog explain --help --version' ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _unmoor unmoor
