namespace Orleans.Cache.Cli.Commands.Shell;

/// <summary>One function for each shell: asks the program with the line as it stands; where it knows nothing, local files.</summary>
internal static class CompletionScripts
{
    /// <summary>Bash takes ':' for the end of a word, so what stands before the last one in the word is cut off what is offered.</summary>
    public const string Bash = """
        # bash completion of ocache: source <(ocache completion bash)
        _ocache() {
            local line="${COMP_LINE:0:COMP_POINT}" word suggestion
            word="${line##*[[:space:]]}"
            local colons="${word%"${word##*:}"}"
            COMPREPLY=()
            while IFS= read -r suggestion; do
                [[ -n "$suggestion" && "$suggestion" == "$word"* ]] && COMPREPLY+=("$(printf %q "${suggestion#"$colons"}")")
            done < <("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null | sort -u)
            if [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == */ ]]; then
                compopt -o nospace
            fi
        }
        complete -o default -F _ocache ocache ./ocache

        """;

    public const string Zsh = """
        #compdef ocache
        # zsh completion of ocache: source <(ocache completion zsh)
        _ocache() {
            local -a suggestions directories others
            suggestions=("${(@f)$("${words[1]}" "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
            suggestions=(${suggestions:#})
            directories=(${(M)suggestions:#*/})
            others=(${suggestions:#*/})
            (( ${#directories} )) && compadd -S '' -- "${directories[@]}"
            (( ${#others} )) && compadd -- "${others[@]}"
            (( ${#suggestions} )) || _files
        }
        compdef _ocache ocache

        """;

    public const string Fish = """
        # fish completion of ocache: ocache completion fish > ~/.config/fish/completions/ocache.fish
        function __ocache_suggest
            set -l line (commandline -cp)
            set -l program (commandline -opc)[1]
            $program "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c ocache -a '(__ocache_suggest)'

        """;
}
