# Part of the guest scripts; bootmend/guest/commands.py puts it where `# include document.ps1` stands.
# The one line that carries a document: marker, kind, form, length, checksum, payload.

function Get-Document {
    param([string] $Kind, $Document)
    $json = ConvertTo-Json -InputObject $Document -Depth 8 -Compress
    $json = [regex]::Replace($json, '[^\x20-\x7E]', { param($found) '\u{0:x4}' -f [int] [char] $found.Value })
    $form = 'json'
    $body = $json
    if ($json.Length -gt $PlainLimit) {
        $form = 'gzip'
        $memory = New-Object System.IO.MemoryStream
        $packer = New-Object System.IO.Compression.GZipStream($memory, [System.IO.Compression.CompressionLevel]::Optimal)
        $bytes = [System.Text.Encoding]::UTF8.GetBytes($json)
        $packer.Write($bytes, 0, $bytes.Length)
        $packer.Close()
        $body = [System.Convert]::ToBase64String($memory.ToArray())
    }
    $hash = [System.Security.Cryptography.SHA256]::Create().ComputeHash([System.Text.Encoding]::ASCII.GetBytes($body))
    $sum = [System.BitConverter]::ToString($hash).Replace('-', '').ToLowerInvariant().Substring(0, 16)
    return "BOOTMEND/$Version $Kind $form $($body.Length) $sum $body"
}
