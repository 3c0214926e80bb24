# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_sessionsd_global_optspecs
    string join \n h/help V/version
end

function __fish_sessionsd_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_sessionsd_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_sessionsd_using_subcommand
    set -l cmd (__fish_sessionsd_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c sessionsd -n "__fish_sessionsd_needs_command" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -s V -l version -d 'Print version'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "run" -d 'Run the bot until SIGTERM or SIGINT: on the channels that are configured'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "console" -d 'Talk in this terminal: an encrypted session bot, no account needed'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "init" -d 'Write a configuration, with a key and the tokens in files of their own'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "config" -d 'Look at the configuration'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "status" -d 'Say how things stand: channels, queues, the last troubles. On a terminal, again each second'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "sessions" -d 'Look at sessions, whoever they belong to; export, import, delete'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "events" -d 'Look at events that were set aside: try them again, or give them up'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "cleanup" -d 'Remove past sessions that are old, with their keys'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "backup" -d 'Write the whole database to a file, while it is used; it stays sealed'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "restore" -d 'Make a backup the database, where there is none'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "verify" -d 'Open every row and hold it against those that it fits to; change nothing'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "key" -d 'The master key: make one, change it, tell which one a file holds'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "encrypt" -d 'Seal a database that is in clear, in place of itself'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "decrypt" -d 'Make a sealed database one in clear, in place of itself'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "doctor" -d 'Look at all that a daemon needs, and say what to do about what is wrong'
complete -c sessionsd -n "__fish_sessionsd_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand run" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand run" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand console" -l data -d 'The folder of database, key and exports [default: as configured, else $XDG_STATE_HOME/sessionsd]' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand console" -l config -d 'A configuration file' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand console" -l json -d 'One JSON object a reply: text, buttons, file, private'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand console" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand init" -l config -d 'The configuration to write. Key and tokens go into `credentials` beside it' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand init" -l data -d 'The folder of the database' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand init" -l telegram-token -d 'A file with the Telegram token; `-` for standard input' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand init" -l discord-token -d 'A file with the Discord token; `-` for standard input' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand init" -l owner -d 'Somebody who owns the bot, as telegram:77; may be given again' -r
complete -c sessionsd -n "__fish_sessionsd_using_subcommand init" -l timezone -d 'The IANA time zone of wall-clock times, as Europe/Paris' -r
complete -c sessionsd -n "__fish_sessionsd_using_subcommand init" -l no-questions -d 'Ask nothing, also on a terminal'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand config; and not __fish_seen_subcommand_from check show help" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand config; and not __fish_seen_subcommand_from check show help" -f -a "check" -d 'Say everything that is wrong with it, secrets and their files included'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand config; and not __fish_seen_subcommand_from check show help" -f -a "show" -d 'Print what it comes to, with the environment over the file; secrets are masked'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand config; and not __fish_seen_subcommand_from check show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Say everything that is wrong with it, secrets and their files included'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print what it comes to, with the environment over the file; secrets are masked'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand status" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand status" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand status" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand status" -l once -d 'Only once, also on a terminal'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and not __fish_seen_subcommand_from list show export import delete help" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and not __fish_seen_subcommand_from list show export import delete help" -f -a "list" -d 'List them, the latest activity first'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and not __fish_seen_subcommand_from list show export import delete help" -f -a "show" -d 'Show one'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and not __fish_seen_subcommand_from list show export import delete help" -f -a "export" -d 'Write one to a file, not encrypted'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and not __fish_seen_subcommand_from list show export import delete help" -f -a "import" -d 'Bring a JSON export in, as a past session beside another one'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and not __fish_seen_subcommand_from list show export import delete help" -f -a "delete" -d 'Move one to the bin, as /session delete does'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and not __fish_seen_subcommand_from list show export import delete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from list" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from list" -l limit -d 'At most so many' -r
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from list" -l of -d 'Only those of this person\'s private conversations, as telegram:77. What they said where everybody in a chat shares one is not theirs alone' -r
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from list" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from list" -l bin -d 'Those in the bin, too'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from show" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from show" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from export" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from export" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from export" -l form -d 'In which form; json can be imported again' -r -f -a "markdown\t'For reading'
json\t'Everything, to be imported again'
text\t'Plain'"
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from export" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from import" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from import" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from import" -l beside -d 'A session of whoever is to have it, by its id or the beginning of it' -r
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from import" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from delete" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from delete" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from delete" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from help" -f -a "list" -d 'List them, the latest activity first'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from help" -f -a "export" -d 'Write one to a file, not encrypted'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from help" -f -a "import" -d 'Bring a JSON export in, as a past session beside another one'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Move one to the bin, as /session delete does'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand sessions; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and not __fish_seen_subcommand_from list retry delete help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and not __fish_seen_subcommand_from list retry delete help" -f -a "list" -d 'List them: when, who, which command; nothing of what was said'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and not __fish_seen_subcommand_from list retry delete help" -f -a "retry" -d 'Have them tried again: at once by the daemon, else when it starts next'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and not __fish_seen_subcommand_from list retry delete help" -f -a "delete" -d 'Give them up for good'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and not __fish_seen_subcommand_from list retry delete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from list" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from list" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from retry" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from retry" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from retry" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from retry" -l all -d 'All of them'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from delete" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from delete" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from delete" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from delete" -l all -d 'All of them'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from help" -f -a "list" -d 'List them: when, who, which command; nothing of what was said'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from help" -f -a "retry" -d 'Have them tried again: at once by the daemon, else when it starts next'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Give them up for good'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand events; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand cleanup" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand cleanup" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand cleanup" -l older-than -d 'Sessions without activity for so long, as 30d or 8w' -r
complete -c sessionsd -n "__fish_sessionsd_using_subcommand cleanup" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand cleanup" -l keep-checkpoints -d 'Their checkpoints stay, and what these reach'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand cleanup" -l dry-run -d 'Only say what would be removed'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand cleanup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand backup" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand backup" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand backup" -l keep -d 'In a folder, keep so many of those and remove older ones' -r
complete -c sessionsd -n "__fish_sessionsd_using_subcommand backup" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand backup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand restore" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand restore" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand restore" -l into -d 'The folder to restore into, instead of that of the configured database; the key stays the configured one' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand restore" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand verify" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand verify" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand verify" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and not __fish_seen_subcommand_from generate rotate check help" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and not __fish_seen_subcommand_from generate rotate check help" -f -a "generate" -d 'Write a new random key to a file that is not there yet'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and not __fish_seen_subcommand_from generate rotate check help" -f -a "rotate" -d 'Give the database another master key, while it is used'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and not __fish_seen_subcommand_from generate rotate check help" -f -a "check" -d 'Say which master key a file holds'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and not __fish_seen_subcommand_from generate rotate check help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from generate" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from rotate" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from rotate" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from rotate" -l to -d 'A file with the new key, such as `key generate` writes [default: a new random key]' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from rotate" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from rotate" -l compromised -d 'Somebody may have the old key: give each session a new key as well, and seal everything anew'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from check" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from check" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from check" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "generate" -d 'Write a new random key to a file that is not there yet'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Give the database another master key, while it is used'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "check" -d 'Say which master key a file holds'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand encrypt" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand encrypt" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand encrypt" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand encrypt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand decrypt" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand decrypt" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand decrypt" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand decrypt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand doctor" -l config -d 'The configuration file [default: /etc/sessionsd/sessionsd.toml, if it is there]. `SESSIONSD__SECTION__KEY` in the environment goes before it; `config/sessionsd.toml` of the sources shows every key' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand doctor" -l data -d 'The folder of database and key, instead of what is configured' -r -F
complete -c sessionsd -n "__fish_sessionsd_using_subcommand doctor" -l json -d 'One JSON object on standard output'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "run" -d 'Run the bot until SIGTERM or SIGINT: on the channels that are configured'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "console" -d 'Talk in this terminal: an encrypted session bot, no account needed'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "init" -d 'Write a configuration, with a key and the tokens in files of their own'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "config" -d 'Look at the configuration'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "status" -d 'Say how things stand: channels, queues, the last troubles. On a terminal, again each second'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "sessions" -d 'Look at sessions, whoever they belong to; export, import, delete'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "events" -d 'Look at events that were set aside: try them again, or give them up'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "cleanup" -d 'Remove past sessions that are old, with their keys'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "backup" -d 'Write the whole database to a file, while it is used; it stays sealed'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "restore" -d 'Make a backup the database, where there is none'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "verify" -d 'Open every row and hold it against those that it fits to; change nothing'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "key" -d 'The master key: make one, change it, tell which one a file holds'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "encrypt" -d 'Seal a database that is in clear, in place of itself'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "decrypt" -d 'Make a sealed database one in clear, in place of itself'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "doctor" -d 'Look at all that a daemon needs, and say what to do about what is wrong'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and not __fish_seen_subcommand_from run console init config status sessions events cleanup backup restore verify key encrypt decrypt doctor help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Say everything that is wrong with it, secrets and their files included'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Print what it comes to, with the environment over the file; secrets are masked'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and __fish_seen_subcommand_from sessions" -f -a "list" -d 'List them, the latest activity first'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and __fish_seen_subcommand_from sessions" -f -a "show" -d 'Show one'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and __fish_seen_subcommand_from sessions" -f -a "export" -d 'Write one to a file, not encrypted'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and __fish_seen_subcommand_from sessions" -f -a "import" -d 'Bring a JSON export in, as a past session beside another one'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and __fish_seen_subcommand_from sessions" -f -a "delete" -d 'Move one to the bin, as /session delete does'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and __fish_seen_subcommand_from events" -f -a "list" -d 'List them: when, who, which command; nothing of what was said'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and __fish_seen_subcommand_from events" -f -a "retry" -d 'Have them tried again: at once by the daemon, else when it starts next'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and __fish_seen_subcommand_from events" -f -a "delete" -d 'Give them up for good'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "generate" -d 'Write a new random key to a file that is not there yet'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "rotate" -d 'Give the database another master key, while it is used'
complete -c sessionsd -n "__fish_sessionsd_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "check" -d 'Say which master key a file holds'
