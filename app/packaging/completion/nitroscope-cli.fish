# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for nitroscope-cli: the program itself says what fits.
function __nitroscope_cli_words
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete $words[2..-1] 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path (commandline -ct)
            case ':*'
            case '*'
                echo $line
        end
    end
end
complete -c nitroscope-cli -f -a '(__nitroscope_cli_words)'
