
set edit:completion:arg-completer[drfctl] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) _DRFCTL_COMPLETE="elvish" drfctl -- $@words) | to-lines
}

